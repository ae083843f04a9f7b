"""The shared edge: errors to answers, API base, access, forms, paging, translation, formats. May import: core.

Only views, api, forms, schemas and cli modules of the areas import it.
"""
