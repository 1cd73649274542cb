"""Sources, campaigns, and the inbound contacts they bring, before and while they are judged."""

from keqing.leads.models.leads import Lead, LeadQuerySet, Step
from keqing.leads.models.rules import LeadRule, LikenessModel, LikenessOpinion, PoolCount, RuleCount
from keqing.leads.models.sources import Campaign, Channel

__all__ = [
    "Campaign", "Channel", "Lead", "LeadQuerySet", "LeadRule", "LikenessModel", "LikenessOpinion", "PoolCount", "RuleCount",
    "Step",
]  # fmt: skip
