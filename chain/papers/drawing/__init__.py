"""Papers drawn: frozen content to PDF. Belongs to the edge: it knows templates, languages and number formats."""
