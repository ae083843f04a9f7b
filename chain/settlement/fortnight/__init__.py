"""The fortnight of a dairy: what each producer is owed for the milk of days 1 to 15, or 16 to the end of a month.

Words: payroll (one of four lists: weekday, Sunday, and what lies over the quota on either), record (one producer in one
payroll of one zone), zone (whose milk goes over one scale), quota (litres per producer and day that are paid in full),
weighing difference (scale against deliveries), reserve (litres that the producers keep back together), withholding (IT
and IUE), group charge (what a zone owes together). `rules.calculate` is pure: the database, `chain settle` and the tests
hand it the same facts. May import: whatever settlement may.
"""
