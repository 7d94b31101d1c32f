"""What an operator types: `palier setup`, `run`, `check`, and the rest; each command is one plain sentence."""

import asyncio
import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.speaking import Plain, out, say, tell

# ruff: noqa: PLC0415, FBT002, PLR0917 - a command loads what it needs alone, so that help comes at once; its
# parameters are options

if TYPE_CHECKING:
    from bot.config import Settings

app = typer.Typer(cls=Plain, add_completion=False, pretty_exceptions_enable=False, help=say("cli-help"))


def about(command: str) -> dict[str, str]:
    """The help of a command: one sentence, and an example."""
    return {"help": say(f"cli-help-{command}"), "epilog": say(f"cli-example-{command}")}


def option(name: str, *names: str) -> typer.models.OptionInfo:
    """An option and its help."""
    made: typer.models.OptionInfo = typer.Option(*names, help=say(f"cli-option-{name}"), show_default=False)
    return made


Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="PALIER_CONFIG", help=say("cli-option-config"), show_envvar=False)
]
Offline = Annotated[bool, option("offline", "--offline")]
HERE = Path("palier.toml")


def main() -> None:
    """The command `palier`."""
    app(prog_name="palier")


def settings_of(config: Path) -> "Settings":
    """The settings, or their faults; from here on, nothing that is logged holds a secret."""
    from bot import log
    from bot.config import load

    log.set_up("error")
    return load(config, os.environ)


def show_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    """`--version`."""
    if wanted:
        try:
            out().print(f"palier {version('palier')}")
        except PackageNotFoundError:  # started from a folder in which it is not installed
            out().print("palier")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def begin(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", callback=show_version, is_eager=True, help=say("cli-option-version"))]
    = False,
) -> None:
    """What holds for every command."""
    os.umask(0o077)  # the database and what lies beside it are for their owner alone
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(**about("setup"))  # type: ignore[arg-type]
def setup(
    config: Config = HERE,
    yes: Annotated[bool, option("yes", "--yes", "-y")] = False,
    language: Annotated[str, option("language", "--language")] = "",
    commune: Annotated[str, option("commune", "--commune")] = "",
    town_hall: Annotated[str, option("town-hall", "--town-hall")] = "",
    neighbourhood: Annotated[list[str] | None, option("neighbourhood", "--neighbourhood", "-n")] = None,
    database: Annotated[str, option("database", "--database")] = "",
    timezone: Annotated[str, option("timezone", "--timezone")] = "",
    port: Annotated[int | None, option("port", "--port")] = None,
    homeserver: Annotated[str, option("homeserver", "--homeserver")] = "",
    matrix_user: Annotated[str, option("matrix-user", "--matrix-user")] = "",
    server: Annotated[list[str] | None, option("server", "--server")] = None,
    telegram_api: Annotated[str, option("telegram-api", "--telegram-api")] = "",
    offline: Offline = False,
) -> None:
    from bot import log
    from bot.cli.setup import Answers, from_environment
    from bot.cli.setup import setup as set_up

    log.set_up("error")
    answers = Answers(
        language=language, commune=commune, town_hall=town_hall, neighbourhoods=neighbourhood or [], database=database,
        timezone=timezone, port=port, homeserver=homeserver.rstrip("/"), user=matrix_user, servers=server or [],
        api=telegram_api.rstrip("/"),
    )  # fmt: skip
    from_environment(answers)
    set_up(config, answers, yes=yes, offline=offline)


@app.command(**about("run"))  # type: ignore[arg-type]
def run(config: Config = HERE, workers: Annotated[int, option("workers", "--workers")] = 1) -> None:
    settings = settings_of(config)
    from bot import log
    from bot.config import load
    from bot.run import Unfit, explain, file_of
    from bot.run import run as running
    from bot.run.workers import NTH, run_workers

    log.set_up(settings.log.level, explain(settings))
    if workers < 1:
        raise typer.BadParameter("1 ...", param_hint="--workers")
    if workers > 1 and file_of(settings.database):
        raise Unfit("cli-workers-sqlite")
    if workers > 1:
        raise typer.Exit(asyncio.run(run_workers(workers, ["run", "--config", str(config)])))
    nth = int(os.environ.get(NTH, "0"))
    asyncio.run(running(settings, read=lambda: load(config, os.environ), nth=nth))


@app.command(**about("reload"))  # type: ignore[arg-type]
def reload(config: Config = HERE) -> None:
    settings = settings_of(config)
    from bot.cli.reloading import reload as ask

    raise typer.Exit(0 if asyncio.run(ask(settings)) else 1)


@app.command(**about("check"))  # type: ignore[arg-type]
def check(config: Config = HERE, offline: Offline = False) -> None:
    from bot.config import ConfigError

    try:
        settings = settings_of(config)
    except ConfigError as error:
        from bot.cli.check import tell_faults

        tell_faults(error.faults)
        raise typer.Exit(2) from None
    from bot.cli.check import check as look

    well = asyncio.run(look(settings, offline=offline))
    tell("cli-check-well" if well else "cli-check-not-well")
    raise typer.Exit(0 if well else 1)


@app.command(**about("migrate"))  # type: ignore[arg-type]
def migrate(
    config: Config = HERE,
    only_check: Annotated[bool, option("migrate-check", "--check")] = False,
    new: Annotated[str, option("migrate-new", "--new")] = "",
) -> None:
    if new:
        from bot.cli.keeping import new_migration

        asyncio.run(new_migration(new))
        return
    settings = settings_of(config)
    from bot.cli import keeping

    if only_check:
        older = asyncio.run(keeping.needs_migration(settings))
        tell("cli-database-older" if older else "cli-database-current")
        raise typer.Exit(1 if older else 0)
    asyncio.run(keeping.migrate(settings))


@app.command(**about("invite"))  # type: ignore[arg-type]
def invite(
    role: Annotated[str, typer.Argument(help=say("cli-option-role"), show_default=False)],
    place: Annotated[str, option("for", "--for")] = "",
    config: Config = HERE,
    offline: Offline = False,
) -> None:
    settings = settings_of(config)
    from bot.cli.inviting import invite as make

    asyncio.run(make(settings, role, place, offline=offline))


@app.command(**about("login"))  # type: ignore[arg-type]
def login(config: Config = HERE) -> None:
    settings = settings_of(config)
    from bot.cli.inviting import login as enter

    asyncio.run(enter(settings))


@app.command(**about("backup"))  # type: ignore[arg-type]
def backup(
    file: Annotated[Path, typer.Argument(help=say("cli-option-backup"), show_default=False)], config: Config = HERE
) -> None:
    settings = settings_of(config)
    from bot.cli.keeping import backup as keep

    keep(settings, file)


@app.command(**about("restore"))  # type: ignore[arg-type]
def restore(
    file: Annotated[Path, typer.Argument(help=say("cli-option-restore"), show_default=False)], config: Config = HERE
) -> None:
    settings = settings_of(config)
    from bot.cli.keeping import restore as bring_back

    asyncio.run(bring_back(settings, file))


@app.command(**about("explain"))  # type: ignore[arg-type]
def explain(
    text: Annotated[str, typer.Argument(show_default=False)] = "",
    circle: Annotated[str, option("explain-circle", "--circle")] = "",
    newcomer: Annotated[bool, option("explain-newcomer", "--newcomer")] = False,
    as_json: Annotated[bool, option("json", "--json")] = False,
    file: Annotated[Path | None, option("explain-file", "--file", "-f")] = None,
    config: Config = HERE,
) -> None:
    from bot.cli import explaining
    from bot.run import Unfit

    if (file is None) == (not text):
        raise Unfit("cli-explain-what")
    settings = settings_of(config) if circle or config != HERE or config.exists() else None
    policy = asyncio.run(explaining.policy_of(settings, circle))
    if file is not None:
        raise typer.Exit(explaining.explain_file(file, policy, newcomer=newcomer))
    explaining.explain(text, policy, newcomer=newcomer, as_json=as_json)


@app.command(**about("transparency"))  # type: ignore[arg-type]
def transparency(
    first: Annotated[str, option("from", "--from")] = "",
    last: Annotated[str, option("to", "--to")] = "",
    as_json: Annotated[bool, option("json", "--json")] = False,
    config: Config = HERE,
) -> None:
    settings = settings_of(config)
    from bot.cli.figures import transparency as tell_figures

    asyncio.run(tell_figures(settings, first, last, as_json=as_json))


@app.command("rotate-key", **about("rotate-key"))  # type: ignore[arg-type]
def rotate_key(config: Config = HERE) -> None:
    settings = settings_of(config)
    from bot.cli.rotating import rotate

    asyncio.run(rotate(settings))


@app.command(**about("register"))  # type: ignore[arg-type]
def register(
    folder: Annotated[Path, option("register-out", "--out")] = Path(),
    language: Annotated[str, option("register-language", "--language")] = "",
    config: Config = HERE,
) -> None:
    settings = settings_of(config)
    from bot.cli.registering import register as write

    write(settings, folder, language or settings.language)


@app.command(**about("forget"))  # type: ignore[arg-type]
def forget(
    commune: Annotated[str, option("forget-commune", "--commune")],
    yes: Annotated[bool, option("forget-yes", "--yes")] = False,
    config: Config = HERE,
) -> None:
    settings = settings_of(config)
    from bot.cli.forgetting import forget as erase

    asyncio.run(erase(settings, commune, yes=yes))


@app.command(**about("demo"))  # type: ignore[arg-type]
def demo(
    script: Annotated[bool, option("script", "--script")] = False,
    port: Annotated[int | None, option("demo-port", "--port")] = None,
    keep: Annotated[bool, option("keep", "--keep")] = False,
) -> None:
    from bot.demo.main import run as play

    raise typer.Exit(int(play(script=script, port=port, keep=keep) or 0))
