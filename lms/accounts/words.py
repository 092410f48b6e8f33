"""The words for every refusal of this package, by code, and the version of the consent text."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from lms.accounts.data import Fault, Role

CONSENT_VERSION = "2026.1"

_WORDS = {
    "empty": _("This can't be empty."),
    "name": _("Write the name as on the card: Chinese characters, letters, or a middle dot between parts."),
    "name_length": _("A name has 2 to 50 characters. Write it as on the card."),
    "name_digits": _("A name has no digits. Write it as on the card."),
    "old_form": _("15-digit numbers are no longer valid. Use the 18-digit number on the present card."),
    "length": _("The number must have 18 characters. Count them on the card."),
    "characters": _("The number has 17 digits and a last character that is a digit or X. Something else slipped in."),
    "check_digit": _("The last character does not fit the rest: probably one digit is wrong. Compare with the card."),
    "birth_date": _("The date of birth inside the number does not exist. Compare digits 7 to 14 with the card."),
    "future": _("The date of birth inside the number lies in the future. Compare digits 7 to 14 with the card."),
    "province": _("The first two digits belong to no province. Compare with the card."),
    "wrong_type": _("This number belongs to another kind of paper. Choose the right kind of paper."),
    "passport": _("A passport number has 5 to 20 letters and digits."),
    "too_young": _("Learners must be 16 or older."),
    "mobile": _("Write an 11-digit mainland mobile number that starts with 1."),
    "mobile_taken": _(
        "This mobile number signs in to another account. If it is yours, sign in. If the number is newly yours, "
        "bring your ID card to a service desk."
    ),
    "consent_missing": _("Please read the current notice and agree to it. Without it we may not keep your data."),
    "not_possible": _(
        "We can't open an account with these particulars. If you have registered before, sign in with the mobile "
        "number you used then. If that number is gone, bring your ID card to a service desk."
    ),
    "name_mismatch": _("This ID number is known under another name. Check both against the card."),
    "code_wrong": _("The code is wrong or too old. Check the latest message or ask for a new code."),
    "code_tries": _("Too many wrong codes. Ask for a new code."),
    "too_soon": _("A code was sent a moment ago. Wait a minute before asking again."),
    "too_many": _("Too many codes were asked for. Try again later."),
    "code_not_sent": _("The message could not be sent just now. Try again in a minute."),
    "wrong": _("Name or password is wrong, or the account can't be used. Check both, or sign in with a code."),
    "locked": _("Too many failed attempts. Wait 15 minutes, or sign in with a code by SMS."),
    "username": _("A user name has 3 to 32 characters: small letters, digits, dot, hyphen; a letter first."),
    "username_taken": _("This user name or number is already in use. Choose another."),
    "uscc_empty": _("Write the 18-character unified social credit code."),
    "uscc_length": _("The credit code must have 18 characters."),
    "uscc_characters": _("The credit code holds digits and capital letters other than I, O, S, V, Z."),
    "uscc_check_digit": _("The last character of the credit code does not fit the rest. Compare with the licence."),
    "uscc_taken": _("An organisation with this credit code exists already."),
    "role_unfit": _("This kind of organisation can't give this role."),
    "card_not_seen": _("Look at the original card and confirm it first."),
    "no_match": _("No account fits this number and name. Compare both with the card, letter by letter."),
    "not_supervisor": _("Only staff on duty may confirm an identity, and never their own."),
    "not_desk": _("Only desk staff or officers may replace a number, and never their own."),
    "same_mobile": _("This is already the number of the account."),
    "no_mobile": _("The account has no number now. Bring your ID card to a service desk to set one."),
    "not_allowed": _("Your role may not see this."),
    "erasure_confirmation": _("This does not fit. Write exactly what is asked for, to confirm that it is you."),
    "purpose": _("Say in a few words what the number is needed for."),
}


_ROLES = {
    Role.HR: _("Training officer of the company"),
    Role.PROVIDER_ADMIN: _("Training provider administrator"),
    Role.TRAINER: _("Trainer"),
    Role.BASE_STAFF: _("Practice base staff"),
    Role.ASSESSOR: _("Assessor"),
    Role.OFFICER: _("Authority officer"),
    Role.OPERATOR: _("Platform operator"),
    Role.DESK: _("Service desk"),
}


def role_name(role: Role) -> str:
    """What people call the role, in the active language."""
    return str(_ROLES[role])


def words_for(fault: Fault) -> str:
    """What a person reads about the fault, in the active language."""
    return fault.detail or str(_WORDS[fault.code])
