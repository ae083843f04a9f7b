"""Organisations, users, roles, permissions, sign-in and API tokens.

Words: organisation (centre, association, committee, federation, buyer, guarantee committee, programme), user, role (what
a user may do in one organisation), actor (a user acting for one organisation). May import: web (edges only), core.
"""
