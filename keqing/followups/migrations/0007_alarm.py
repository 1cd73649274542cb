from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("followups", "0006_commitments_tasks_appointments")]

    operations = [
        migrations.AlterField(
            model_name="reminder",
            name="origin",
            field=models.CharField(
                choices=[
                    ("callback", "回访"), ("manual", "自建"), ("playbook", "方案"), ("lead", "线索"), ("promise", "承诺"),
                    ("appointment", "约访"), ("nightly", "提醒"), ("alarm", "流失预警"), ("task", "任务"),
                ],
                max_length=12,
                verbose_name="来源",
            ),
        ),
    ]
