"""Computing likeness to won customers, and what a person makes of it (R-199, X-23)."""

from datetime import datetime

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.leads import likeness
from keqing.leads.alike import groups, latest_model, reasons_in_words, traits_of, value_names
from keqing.leads.models import LikenessModel, LikenessOpinion
from keqing.leads.policy import policy
from keqing.people.models import Organisation


@transaction.atomic
def compute_likeness(*, by: Staff | None, at: datetime) -> LikenessModel:
    """Learn the weights anew from all institutions. Refuses (``TooFew``) below the number the policy asks for.

    Effects: new weights, one audit entry; no customer is changed.
    """
    rules = policy()
    weights, won, others = likeness.learn(groups(), least_won=rules.least_won, smoothing=rules.smoothing)
    model = LikenessModel.objects.create(made_at=at, made_by=by, won=won, others=others, weights=weights)
    audit.record(
        action="likeness.computed", by=by, at=at, subject=audit.Subject("leads.likenessmodel", model.pk, f"{won} 家已成交"),
        changes={"won": [None, won], "others": [None, others]},
    )
    return model


@transaction.atomic
def judge_likeness(*, organisation: Organisation, verdict: str, note: str, by: Staff, at: datetime) -> LikenessOpinion:
    """A person's word on the score of a customer, kept with score and reasons as they were. Changes nothing else."""
    model = latest_model()
    if model is None:
        raise likeness.TooFew("还没有计算相似度。")
    result = likeness.rate(traits_of(organisations=[organisation])[organisation.pk], model.weights)
    opinion = LikenessOpinion.objects.create(
        customer_id=organisation.pk, model=model, score=result.score, reasons=reasons_in_words(result, value_names()),
        verdict=verdict, note=note.strip()[:200], by=by, at=at,
    )
    audit.record(
        action="likeness.judged", by=by, at=at, reason=note.strip(), changes={"verdict": [None, opinion.get_verdict_display()]},
        subject=audit.Subject("people.organisation", organisation.pk, organisation.name, organisation.pk),
    )
    return opinion
