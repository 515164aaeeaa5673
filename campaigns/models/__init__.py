"""The nouns, as tables. No network and no clock of their own."""

from campaigns.models.account import Account
from campaigns.models.base import Base
from campaigns.models.campaign import Campaign, CampaignKind
from campaigns.models.chronicle import Entry
from campaigns.models.misconception import Misconception, Nature, Standing
from campaigns.models.person import DeskSession, Person, Role, SignInLink
from campaigns.models.post import (
    Approval,
    Asset,
    Kind,
    Part,
    Post,
    PostState,
    Rebuttal,
    Revision,
    Verdict,
    Wording,
)
from campaigns.models.publication import ACTIVE, ON_THE_WAY, WAITING, Delivery, Hold, Move, Publication, Scope
from campaigns.models.reading import Figure, Reading, Summary
from campaigns.models.spending import Spending
from campaigns.models.token import Token

__all__ = [
    "ACTIVE",
    "ON_THE_WAY",
    "WAITING",
    "Account",
    "Approval",
    "Asset",
    "Base",
    "Campaign",
    "CampaignKind",
    "Delivery",
    "DeskSession",
    "Entry",
    "Figure",
    "Hold",
    "Kind",
    "Misconception",
    "Move",
    "Nature",
    "Part",
    "Person",
    "Post",
    "PostState",
    "Publication",
    "Reading",
    "Rebuttal",
    "Revision",
    "Role",
    "Scope",
    "SignInLink",
    "Spending",
    "Standing",
    "Summary",
    "Token",
    "Verdict",
    "Wording",
]
