"""Reading lots from files of centres: titles, cells and units as people write them, into deliveries.

Words: a *field* is what a column means (`gross`), its *title* is what stands in the file ("Peso bruto (lb)"). A *problem*
is a reason why a row cannot be taken, at a row number as a spreadsheet shows it and at a title. Everything here is pure;
`chain.lots.services.imports` asks the database and writes.
"""
