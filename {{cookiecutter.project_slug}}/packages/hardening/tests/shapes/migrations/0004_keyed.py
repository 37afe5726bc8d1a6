import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shapes', '0003_by_hand'),
    ]

    operations = [
        migrations.CreateModel(
            name='Stall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(unique=True)),
                ('word', models.SlugField(allow_unicode=True, null=True, unique=True)),
                ('code', models.CharField(max_length=20, null=True, unique=True)),
                ('number', models.IntegerField(null=True, unique=True)),
                ('natural', models.PositiveIntegerField(null=True, unique=True)),
                ('weight', models.DecimalField(decimal_places=2, max_digits=5, null=True, unique=True)),
                ('day', models.DateField(null=True, unique=True)),
                ('address', models.GenericIPAddressField(null=True, unique=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('stall', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='shapes.stall')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Ware',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('stall', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='shapes.stall')),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
