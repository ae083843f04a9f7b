"""What a lot is: schemes of classes as data, and pure functions that class fibre, milk and carcasses by them.

Words: a *scheme* is a norm or a trade ladder, an *edition* one dated version of it, a *key* one of its classes. A result is
always scheme + edition + key. `scheme` holds the types, `scheme_files` reads `schemes/*.yaml`, `rules` decides.
May import `accounts` and `core`; `scheme`, `scheme_files`, `rules` and `cli` need neither a database nor the web.
"""
