"""Import contracts of our own: a package is entered through its door only, and some libraries have one room.

Run by import-linter (`.importlinter`); `test_contracts.py` plants violations and sees them found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from grimp import ImportGraph


class DoorContract(Contract):
    """From outside a package only its door modules are imported. `open_packages` are shelves of pure helpers."""

    type_name = "door"
    packages = fields.ListField(subfield=fields.StringField())
    open_packages = fields.ListField(subfield=fields.StringField(), required=False)
    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        breaches = sorted(
            (importer, imported)
            for package in self._expanded(graph)
            for imported in graph.find_descendants(package)
            if imported.removeprefix(f"{package}.") not in _texts(self.doors)
            for importer in graph.find_modules_that_directly_import(imported)
            if importer != package and not importer.startswith(f"{package}.")
        )
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def _expanded(self, graph: ImportGraph) -> set[str]:
        """Each entry as it is, and `name.*` as all children of `name`."""
        entries = _texts(self.packages)
        whole = {entry for entry in entries if not entry.endswith(".*")}
        parents = (entry.removesuffix(".*") for entry in entries if entry.endswith(".*"))
        return whole.union(*(graph.find_children(parent) for parent in parents)) - _texts(self.open_packages)

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["breaches"]:
            output.print_error(f"{importer} imports {imported}: use the package's api or data")


def _texts(option: object) -> set[str]:
    """A list option as import-linter fills it in: the class attribute only declares it."""
    return {str(item) for item in option} if isinstance(option, list) else set()


class SoleImporterContract(Contract):
    """One library is imported by one module only."""

    type_name = "sole_importer"
    library = fields.StringField()
    importer = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        library = str(self.library)
        importers = graph.find_modules_that_directly_import(library) if library in graph.modules else set()
        strangers = sorted(importers - {str(self.importer)})
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for stranger in check.metadata["strangers"]:
            output.print_error(f"{stranger} imports {self.library}: only {self.importer} may")
