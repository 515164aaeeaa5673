"""What most networks do not offer, or do not ask for, said once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from platforms.contract import Checkpoint, Form, Network, Outgoing, Parts, Receipt, Save
from platforms.errors import NotOffered


def can_declare(network: Network, form: Form) -> bool:
    """Whether a network can be told that a machine made a post (`Outgoing.synthetic`), and not its readers alone.

    Facebook has a field for it on films, WordPress has none (generated map of v26 and REST handbook, read 2026-11).
    """
    return form is Form.VIDEO if network is Network.FACEBOOK else network is not Network.WEBSITE


class CorrectsNothing:
    """For a network that lets nobody change the words of a post that is out."""

    network: ClassVar[Network]
    corrects: ClassVar[bool] = False

    def correct(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint) -> Receipt:
        raise NotOffered(f"{self.network.label} lets nobody change a post that is out: take it down, or add another")


class CompletesNothing:
    """For a network on which a post is whole as soon as it is out."""

    network: ClassVar[Network]
    completes: ClassVar[bool] = False

    def lacks(self, outgoing: Outgoing, checkpoint: Checkpoint) -> bool:
        return False

    def complete(self, outgoing: Outgoing, remote_id: str, checkpoint: Checkpoint, save: Save) -> Checkpoint:
        return checkpoint


class SpeaksOneLanguage:
    """For a network on which a post has words in one language."""

    localizes: ClassVar[bool] = False


class GoesOutWhole:
    """For a network on which a post has one part."""

    @staticmethod
    def posts(outgoing: Outgoing) -> Sequence[str]:
        return (outgoing.text,)

    @staticmethod
    def parts_out(checkpoint: Checkpoint) -> Parts | None:
        return None

    @staticmethod
    def settled(checkpoint: Checkpoint, remote_id: str | None) -> Checkpoint:
        return checkpoint


class CostsNothing:
    """For a network that takes posts without money."""

    money: ClassVar[str] = ""

    @staticmethod
    def price(outgoing: Outgoing, checkpoint: Checkpoint) -> int:
        return 0
