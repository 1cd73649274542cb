"""Two workers, one outbox."""

import threading
from datetime import datetime

import pytest
from django.db import connection

from config.outward import outward_from
from keqing.access.models import Staff
from keqing.kit.formats import SHANGHAI
from keqing.messaging.actions import send
from keqing.messaging.actions.delivering import deliver_due
from keqing.messaging.models import Delivery
from keqing.messaging.tests import fakes

AT = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("known_kinds")
def test_two_workers_send_every_message_once(settings, cast):
    Staff.objects.filter(pk=cast.rep.pk).update(mobile="13800000001")
    counts: list[int] = []

    def work() -> None:
        try:
            counts.append(deliver_due(now=lambda: AT))
        finally:
            connection.close()

    with fakes.sms() as service:
        settings.OUTWARD = outward_from({
            "KEQING_SMS_URL": f"{service.url}/send", "KEQING_SMS_KEY": fakes.SMS_KEY,
            "KEQING_SMS_SECRET": fakes.SMS_SECRET, "KEQING_SMS_SIGN": fakes.SMS_SIGN,
        })
        for number in range(12):
            send(to=[cast.rep], kind="test.urgent", title=f"第 {number} 条", text="内容", key=f"k{number}", at=AT)
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    assert sum(counts) == 12
    assert service.asked.count("/send") == 12
    assert set(Delivery.objects.filter(channel="sms").values_list("state", "attempts")) == {("sent", 1)}
