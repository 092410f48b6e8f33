"""What the catalogue stands on: its index page, the groups of the CMS and the review workflow.

Written with the plain ORM, so that the migration (historical models) and a repair (real models) run the same code.
"""

from __future__ import annotations

from typing import Any

AUTHORS = "zp-authors"
REVIEWERS = "zp-reviewers"
OPERATORS = "zp-operators"
SITE = "职培云"
INDEX_SLUG = "courses"
INDEX_TITLE = "课程"
WORKFLOW = "课程发布审核"
TASK = "培训机构审核"

_PAGE_PERMISSIONS = {
    AUTHORS: ("add",),
    REVIEWERS: ("add", "change", "publish", "lock", "unlock"),
    OPERATORS: ("add", "change", "publish", "lock", "unlock", "bulk_delete"),
}
_LISTS = ("subject", "occupation")


def lay_ground(apps: Any) -> None:
    """The catalogue's index page, groups, permissions and workflow exist. Running it again changes nothing."""
    index = _index_page(apps)
    for name, actions in _PAGE_PERMISSIONS.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(_permission(apps, "wagtailadmin", "admin", "access_admin", "Can access Wagtail admin"))
        for action in actions:
            page_permission = _permission(apps, "wagtailcore", "page", f"{action}_page", f"Can {action} page")
            apps.get_model("wagtailcore", "GroupPagePermission").objects.get_or_create(
                group=group, page_id=index.pk, permission=page_permission
            )
    operators = apps.get_model("auth", "Group").objects.get(name=OPERATORS)
    for model in _LISTS:
        for action in ("add", "change", "delete"):
            operators.permissions.add(_permission(apps, "courses", model, f"{action}_{model}", f"Can {action} {model}"))
    _workflow(apps, index)


def _index_page(apps: Any) -> Any:
    page_model = apps.get_model("wagtailcore", "Page")
    index_model = apps.get_model("courses", "CourseIndexPage")
    found = index_model.objects.first()
    if found is not None:
        return found
    site = apps.get_model("wagtailcore", "Site").objects.get(is_default_site=True)
    home = page_model.objects.get(pk=site.root_page_id)
    children = page_model.objects.filter(path__startswith=home.path, depth=home.depth + 1).order_by("-path")
    last = children.first()
    step = int(last.path[-4:], 36) + 1 if last else 1
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="courses", model="courseindexpage"
    )
    index = index_model(
        title=INDEX_TITLE,
        draft_title=INDEX_TITLE,
        slug=INDEX_SLUG,
        content_type_id=content_type.pk,
        path=home.path + _base36(step),
        depth=home.depth + 1,
        numchild=0,
        url_path=f"{home.url_path}{INDEX_SLUG}/",
        locale_id=home.locale_id,
        live=True,
    )
    index.save()
    page_model.objects.filter(pk=home.pk).update(numchild=home.numchild + 1, title=SITE, draft_title=SITE)
    type(site).objects.filter(pk=site.pk).update(site_name=SITE)
    return index


def _base36(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text.rjust(4, "0")


def _permission(apps: Any, label: str, model: str, codename: str, name: str) -> Any:
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=label, model=model
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type_id=content_type.pk, codename=codename, defaults={"name": name}
    )
    return permission


def _workflow(apps: Any, index: Any) -> None:
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="courses", model="providerapproval"
    )
    task, _made = apps.get_model("courses", "ProviderApproval").objects.get_or_create(
        name=TASK, defaults={"content_type_id": content_type.pk, "active": True}
    )
    workflow, _made = apps.get_model("wagtailcore", "Workflow").objects.get_or_create(name=WORKFLOW)
    apps.get_model("wagtailcore", "WorkflowTask").objects.get_or_create(
        workflow=workflow, task_id=task.pk, defaults={"sort_order": 0}
    )
    apps.get_model("wagtailcore", "WorkflowPage").objects.get_or_create(
        page_id=index.pk, defaults={"workflow": workflow}
    )
