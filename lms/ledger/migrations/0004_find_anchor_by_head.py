from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_anchors")]

    operations = [
        migrations.AddIndex(
            model_name="anchorleaf",
            index=models.Index(fields=["entry_hash"], name="ledger_leaf_by_hash"),
        ),
    ]
