"""Files that are programs, and what strangers pass on from elsewhere."""

from collections.abc import Iterator

from moderation.finding import Decision, Finding
from moderation.policy import Policy
from moderation.reading import Reading

LOOKS_AT = "names of files that a telephone or computer would run; what a newcomer forwards with a link or a contact"
REASONS = {"reason-program": Decision.HOLD, "reason-forward": Decision.HOLD}
_PROGRAMS = (
    ".apk", ".xapk", ".exe", ".msi", ".scr", ".bat", ".cmd", ".com", ".pif", ".vbs", ".js", ".jar", ".ps1", ".lnk",
    ".dmg", ".pkg", ".ipa", ".hta", ".reg", ".iso", ".img", ".deb", ".appimage", ".mobileconfig",
)  # fmt: skip


def look(reading: Reading, policy: Policy) -> Iterator[Finding]:
    """A program is held whoever sends it."""
    subject = reading.subject
    programs = [name for name in subject.file_names if name.casefold().rstrip(". ").endswith(_PROGRAMS)]
    if programs:
        yield reading.finding("media", "reason-program", Decision.HOLD, beside=programs)
    kinds = reading.kinds
    if subject.forwarded and subject.newcomer and (reading.links or kinds["<handle>"] or kinds["<phone>"]):
        yield reading.finding("media", "reason-forward", Decision.HOLD)
