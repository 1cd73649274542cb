"""The trigger that begins the effect of a contact, and the loss reasons of the source (R-129)."""

from django.db import migrations

from keqing.lifecycle import effects

REASONS = ("产品及服务的瑕疵", "价格竞争", "同质性高", "喜新厌旧或使用习惯改变")


def deliver(apps, _editor):
    model = apps.get_model("lifecycle", "LossReason")
    model.objects.bulk_create(model(name=name, order=place) for place, name in enumerate(REASONS, 1))


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0001_initial")]

    operations = [
        migrations.RunSQL(effects.TRIGGER, effects.DROP),
        migrations.RunPython(deliver, migrations.RunPython.noop),
    ]
