"""A poll: a question, its options, and who chose what."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from bridges.simulator.text import Formatted

Json = dict[str, Any]


@dataclass(eq=False, kw_only=True)
class Poll:
    """`votes` holds for each person the numbers of the options they chose; `right` are a quiz's answers."""

    question: Formatted
    options: list[Formatted]
    anonymous: bool = True
    several: bool = False
    right: list[int] = field(default_factory=list)
    quiz: bool = False
    explanation: Formatted = field(default_factory=Formatted)
    closed: bool = False
    votes: dict[int, list[int]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(5_000_000_000_000_000_000 + secrets.randbelow(10**18)))

    @property
    def persistent(self) -> list[str]:
        """`persistent_id` of each option."""
        return [f"{self.id[-6:]}{number}" for number in range(len(self.options))]

    def counts(self) -> list[int]:
        return [sum(n in chosen for chosen in self.votes.values()) for n in range(len(self.options))]

    def told(self, *, results: bool = True) -> Json:
        """Poll; who neither asked nor voted learns the counts only at the end (`results`)."""
        counts = self.counts() if results or self.closed else [0] * len(self.options)
        options = [
            {"persistent_id": name, "text": option.text, "voter_count": count}
            | ({"text_entities": option.entities} if option.entities else {})
            for name, option, count in zip(self.persistent, self.options, counts, strict=True)
        ]
        told: Json = {
            "id": self.id, "question": self.question.text, "options": options,
            "total_voter_count": sum(1 for chosen in self.votes.values() if chosen), "is_closed": self.closed,
            "is_anonymous": self.anonymous, "type": "quiz" if self.quiz else "regular",
            "allows_multiple_answers": self.several, "allows_revoting": not self.quiz, "members_only": False,
        }  # fmt: skip
        if self.question.entities:
            told["question_entities"] = self.question.entities
        if self.quiz and (results or self.closed):
            told["correct_option_ids"] = self.right
            if self.explanation.text:
                told |= {"explanation": self.explanation.text, "explanation_entities": self.explanation.entities}
        return told
