import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from keqing.followups import tallies


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0003_used_form_key'),
        ('followups', '0002_list_orders'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DayTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='期初')),
                ('method', models.CharField(max_length=10, verbose_name='方式')),
                ('count', models.IntegerField(verbose_name='次数')),
                ('is_folded', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '每日联系次数',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MonthTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='期初')),
                ('method', models.CharField(max_length=10, verbose_name='方式')),
                ('count', models.IntegerField(verbose_name='次数')),
                ('is_folded', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '每月联系次数',
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='contactrecord',
            index=models.Index(fields=['tracker', '-track_on', '-id'], name='contact_tracker_day'),
        ),
        migrations.AddIndex(
            model_name='contactrecord',
            index=models.Index(fields=['tracker_unit', '-track_on', '-id'], name='contact_unit_day'),
        ),
        migrations.AddField(
            model_name='daytally',
            name='position',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.position'),
        ),
        migrations.AddField(
            model_name='daytally',
            name='tracker',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='daytally',
            name='unit',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.orgunit'),
        ),
        migrations.AddField(
            model_name='monthtally',
            name='position',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.position'),
        ),
        migrations.AddField(
            model_name='monthtally',
            name='tracker',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='monthtally',
            name='unit',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.orgunit'),
        ),
        migrations.AddIndex(
            model_name='daytally',
            index=models.Index(fields=['starts_on', 'unit'], name='daytally_unit'),
        ),
        migrations.AddIndex(
            model_name='daytally',
            index=models.Index(fields=['tracker', 'starts_on'], name='daytally_tracker'),
        ),
        migrations.AddIndex(
            model_name='daytally',
            index=models.Index(condition=models.Q(('is_folded', False)), fields=['starts_on'], name='daytally_fresh'),
        ),
        migrations.AddIndex(
            model_name='monthtally',
            index=models.Index(fields=['starts_on', 'unit'], name='monthtally_unit'),
        ),
        migrations.AddIndex(
            model_name='monthtally',
            index=models.Index(fields=['tracker', 'starts_on'], name='monthtally_tracker'),
        ),
        migrations.AddIndex(
            model_name='monthtally',
            index=models.Index(condition=models.Q(('is_folded', False)), fields=['starts_on'], name='monthtally_fresh'),
        ),
        *(migrations.RunSQL(tallies.fill_sql(table), migrations.RunSQL.noop) for table in ("followups_daytally", "followups_monthtally")),
        pgtrigger.migrations.AddTrigger(
            model_name='contactrecord',
            trigger=pgtrigger.compiler.Trigger(name='tally_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func="insert into followups_daytally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select track_on as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, 1 as change from new_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\ninsert into followups_monthtally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select date_trunc('month', track_on)::date as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, 1 as change from new_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\nRETURN NULL;", hash='527d1cf20259c7fcb7744b5dde0ee18f72677589', level='STATEMENT', operation='INSERT', pgid='pgtrigger_tally_insert_e7087', referencing='REFERENCING NEW TABLE AS new_rows ', table='followups_contactrecord', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contactrecord',
            trigger=pgtrigger.compiler.Trigger(name='tally_update', sql=pgtrigger.compiler.UpsertTriggerSql(func="insert into followups_daytally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select track_on as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, -1 as change from old_rows union all select track_on as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, 1 as change from new_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\ninsert into followups_monthtally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select date_trunc('month', track_on)::date as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, -1 as change from old_rows union all select date_trunc('month', track_on)::date as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, 1 as change from new_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\nRETURN NULL;", hash='748204135dbd06232fcf8fbc52a7da509d3d6345', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_tally_update_e2ac1', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='followups_contactrecord', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='contactrecord',
            trigger=pgtrigger.compiler.Trigger(name='tally_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func="insert into followups_daytally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select track_on as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, -1 as change from old_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\ninsert into followups_monthtally (starts_on, tracker_id, position_id, unit_id, method, count, is_folded) select starts_on, tracker_id, position_id, unit_id, method, sum(change), false from (select date_trunc('month', track_on)::date as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, method, -1 as change from old_rows) changed group by starts_on, tracker_id, position_id, unit_id, method having sum(change) <> 0;\nRETURN NULL;", hash='26ab8f253bd8d1026ceb609cb7f21e35ae6a5bef', level='STATEMENT', operation='DELETE', pgid='pgtrigger_tally_delete_f8692', referencing='REFERENCING OLD TABLE AS old_rows ', table='followups_contactrecord', when='AFTER')),
        ),
    ]
