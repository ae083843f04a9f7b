"""The tables of a dairy that come from spreadsheets: their files, who may bring them in, and how large they may be."""

from collections.abc import Mapping
from enum import StrEnum

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.settlement.fortnight import folder_columns as columns
from chain.settlement.fortnight.folder_columns import Sheet

MAX_FILE_BYTES = 5_000_000
MAX_ROWS = 2_000


class Table(StrEnum):
    """A file of `chain settle` that can be brought into the books as well."""

    WEIGHINGS = "weighings"
    QUOTAS = "quotas"
    LICENCES = "licences"
    MOVEMENTS = "movements"
    RESERVE = "reserve"


TABLE_LABELS = {
    Table.WEIGHINGS: N_("Scale readings"),
    Table.QUOTAS: N_("Quotas"),
    Table.LICENCES: N_("Tax licences"),
    Table.MOVEMENTS: N_("Debts, group charges, fees of the bank, other income"),
    Table.RESERVE: N_("Reserve of the producers"),
}
SHEETS: Mapping[Table, Sheet] = {
    Table.WEIGHINGS: columns.WEIGHINGS,
    Table.QUOTAS: columns.QUOTAS,
    Table.LICENCES: columns.LICENCES,
    Table.MOVEMENTS: columns.MOVEMENTS,
    Table.RESERVE: columns.RESERVE,
}
#: One of these is needed; the service of each row asks for its own again.
TABLE_PERMISSIONS: Mapping[Table, tuple[Permission, ...]] = {
    Table.WEIGHINGS: (Permission.STOCK_WRITE, Permission.RUNS_PREPARE, Permission.RUNS_APPROVE),
    Table.QUOTAS: (Permission.PRICES_WRITE,),
    Table.LICENCES: (Permission.DEDUCTIONS_WRITE,),
    Table.MOVEMENTS: (Permission.DEDUCTIONS_WRITE, Permission.ADVANCES_WRITE),
    Table.RESERVE: (Permission.PRICES_WRITE,),
}
