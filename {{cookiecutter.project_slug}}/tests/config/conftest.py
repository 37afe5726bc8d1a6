from tests.purchases.conftest import buy as buy, locate as locate
