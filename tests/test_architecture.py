"""The layers of the package, its sizes, and the calls that it must not make."""

import ast
import json
from pathlib import Path

import pytest

import monai_adele

PACKAGE = Path(monai_adele.__file__).parent
BUNDLES = Path(__file__).parents[1] / "bundles"
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {"errors"},
    {"checks"},
    {"functional"},
    {"noise", "losses", "inferers", "networks", "metrics", "data"},
    {"store", "phantom"},
    {"transforms", "calibration"},
    {"handlers", "audit"},
    {"visualize"},
    {"experiments"},
    {"commands"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
FORBIDDEN = {"eval", "exec", "extractall", "compile"}
TARGETS = ("monai.", "torch.", "ignite.", "monai_adele.")


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
            if node.module == "monai_adele":
                modules = [f"monai_adele.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        rooms |= {module.split(".")[1] for module in modules if module.startswith("monai_adele.")}
    return rooms


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in LEVEL], ids=name)
def test_imports_go_one_way(path):
    own = room(path)
    wrong = {other for other in imported_rooms(path) - {own} if LEVEL.get(other, -1) >= LEVEL[own]}
    assert not wrong, f"{name(path)} imports {wrong}, expected only lower layers than {own}"


def test_every_room_has_its_layer():
    unknown = {room(path) for path in MODULES} - set(LEVEL) - {"__init__"}
    assert not unknown, f"{unknown} stand in no layer"


def test_the_mathematics_knows_nothing_of_monai():
    for path in MODULES:
        if room(path) == "functional":
            assert "monai" not in {line.split()[1].split(".")[0] for line in imports(path)}, name(path)


def imports(path: Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if line.startswith(("import ", "from "))]


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) < 300, f"{name(path)} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = node.end_lineno - body[0].lineno + 1 if body else 0
            assert length < 40, f"{name(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_runs_code_that_was_loaded(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            assert not {"pickle", "marshal", "shelve", "dill"} & {m.split(".")[0] for m in modules}, name(path)
        if isinstance(node, ast.Call):
            check_call(path, node)


def check_call(path: Path, node: ast.Call) -> None:
    called = ast.unparse(node.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if isinstance(node.func, ast.Name) or called.endswith(".extractall"):
        assert called.split(".")[-1] not in FORBIDDEN, f"{name(path)} calls {called}"
    assert options.get("allow_pickle", "False") == "False", f"{name(path)} allows pickle"
    assert options.get("shell", "False") == "False", f"{name(path)} uses a shell"
    assert called != "yaml.load", name(path)
    if called == "torch.load":
        assert options.get("weights_only") == "True", f"{name(path)} loads without weights_only"


@pytest.mark.parametrize("path", sorted(BUNDLES.rglob("configs/*.json")), ids=lambda p: f"{p.parts[-3]}/{p.name}")
def test_bundles_name_only_known_packages(path):
    def targets(value):
        if isinstance(value, dict):
            if "_target_" in value:
                yield value["_target_"]
            for child in value.values():
                yield from targets(child)
        elif isinstance(value, list):
            for child in value:
                yield from targets(child)

    for target in targets(json.loads(path.read_text())):
        assert "." not in target or target.startswith(TARGETS), f"{path.name}: {target}"
        assert not target.startswith("$"), f"{path.name}: {target}"


def test_bundles_hold_no_python():
    assert not list(BUNDLES.rglob("*.py"))
