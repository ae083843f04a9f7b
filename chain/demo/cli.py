"""`chain demo`: load the demonstration."""

import click


@click.command()
def demo() -> None:
    """Load the demonstration season into an empty database; one that is in use is left alone."""
    from chain.demo.load import load_if_empty
    from chain.migrate import upgrade
    from chain.serve import make_app

    app = make_app()
    with app.app_context():
        upgrade()
        if not load_if_empty(progress=click.echo):
            raise click.ClickException(
                "The database already holds organisations; nothing was changed. To begin anew: make demo"
            )
    click.echo("The demonstration is loaded.")
