"""`users`: who may sign in when the advisor listens beyond this computer."""

import click


@click.group()
def users() -> None:
    """Manage who may sign in beyond this computer."""


@users.command()
@click.argument("name")
@click.password_option(help="At least 10 characters; asked for when not given.")
def add(name: str, password: str) -> None:
    """Add a person, or give one a new password."""
    from ui.web.users import add_user

    add_user(name, password)
    click.echo(f"{name} may sign in now.", err=True)
