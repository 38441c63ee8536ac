"""What the source of the package and of the bundles may not do."""

import ast
import configparser
import json
import re
from pathlib import Path

import pytest

import monai_adele

PACKAGE = Path(monai_adele.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
BUNDLES = Path(__file__).parents[1] / "bundles"
CONFIGS = sorted(BUNDLES.rglob("configs/*.json"))
TARGETS = ("monai.", "torch.", "ignite.", "monai_adele.")

FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "subprocess", "ctypes", "importlib", "runpy"}
FORBIDDEN_MODULES |= {"tarfile", "zipfile", "socket", "urllib", "requests", "http"}
MAY_IMPORT = {("calibration/read_raters.py", "zipfile")}  # for the error of a damaged .npz; it unpacks nothing
MAY_IMPORT |= {("experiments/trial_process.py", "subprocess")}  # MONAI's command on a bundle: that is what it is for
HARMLESS = {"importlib.metadata", "importlib.resources"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "os.system", "os.popen", "os.execv"}
FORBIDDEN_CALLS |= {"yaml.load", "yaml.unsafe_load", "shutil.unpack_archive", "tempfile.mktemp", "torch.hub.load"}
FORBIDDEN_CALLS |= {"torch.hub.load_state_dict_from_url", "logging.config.fileConfig", "sys.setprofile"}
FORBIDDEN_METHODS = {"extractall", "import_module", "unpack_archive"}

# what expressions of bundles may call; every new name has to be looked at
PLAIN = {"bool", "getattr", "int", "isinstance", "len", "list", "max", "min", "print", "round", "str"}
CALLS = PLAIN | {
    *("torch.device", "torch.cuda.is_available", "torch.cuda.set_device"),
    *("torch.nn.SyncBatchNorm.convert_sync_batchnorm", "monai.handlers.from_engine", "monai.utils.set_determinism"),
    *("dist.init_process_group", "dist.destroy_process_group", "dist.is_initialized", "dist.get_rank"),
    *("dist.get_world_size", "json.loads", "logging.getLogger", "pathlib.Path"),
}
METHODS = {"to", "items", "run", "parameters", "parameter_groups", "setLevel", "read_text", "convert"}
IMPORTS = {"torch", "torch.distributed", "monai", "monai_adele", "json", "logging", "os", "pathlib"}
ATTRIBUTES_OF_OS = {"environ"}


def expressions(value):
    """Every ``$`` expression in a config, the ``$`` taken off and references replaced by a name."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from expressions(child)
    elif isinstance(value, str) and value.lstrip().startswith("$"):
        yield re.sub(r"@[\w#:]+", "setting", value.lstrip()[1:]).strip()


def targets(value):
    if isinstance(value, dict):
        if "_target_" in value:
            yield value["_target_"]
        value = list(value.values())
    if isinstance(value, list):
        for child in value:
            yield from targets(child)


def calls_not_allowed(expression):
    tree = ast.parse(expression)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if not allowed_import(alias.name))
        elif isinstance(node, ast.Attribute):
            if node.attr.startswith("_") or (ast.unparse(node.value) == "os" and node.attr not in ATTRIBUTES_OF_OS):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            method = isinstance(node.func, ast.Attribute) and node.func.attr in METHODS
            if name not in CALLS and not method:
                yield name
        elif isinstance(node, (ast.ImportFrom, ast.Await, ast.NamedExpr)):
            yield ast.unparse(node)


def allowed_import(name):
    return name in IMPORTS or name.startswith("monai_adele.")


def source_problems(tree, file):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for name in (name.split(".")[0] for name in names if name not in HARMLESS):
                if name in FORBIDDEN_MODULES and (file, name) not in MAY_IMPORT:
                    yield f"imports {name}"
        elif isinstance(node, ast.Assert):
            yield "asserts"
        elif isinstance(node, ast.Call):
            yield from call_problems(node)


def call_problems(node):
    name = ast.unparse(node.func)
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in FORBIDDEN_CALLS or method in FORBIDDEN_METHODS or name.startswith(("os.spawn", "os.exec")):
        yield f"calls {name}"
    if options.get("allow_pickle", "False") != "False" or options.get("shell", "False") != "False":
        yield f"calls {name} with allow_pickle or shell"
    if method == "load" and name.startswith("torch.") and options.get("weights_only") != "True":
        yield f"calls {name} without weights_only"
    if name in ("np.load", "numpy.load") and options.get("allow_pickle") != "False":
        yield f"calls {name} without allow_pickle=False"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_package_runs_nothing_that_it_reads(path):
    assert list(source_problems(ast.parse(path.read_text()), path.relative_to(PACKAGE).as_posix())) == []


@pytest.mark.parametrize(
    "source",
    [
        *("import pickle", "from subprocess import run", "eval('1')", "__import__('os')", "os.system('ls')"),
        *("torch.load('a')", "torch.load('a', weights_only=False)", "np.load('a')", "np.load('a', allow_pickle=True)"),
        *("archive.extractall()", "yaml.load(text)", "run(x, shell=True)", "assert x", "importlib.import_module(x)"),
    ],
)
def test_the_rules_see_what_is_forbidden(source):
    assert list(source_problems(ast.parse(source), "any.py"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_expressions_of_bundles_call_only_what_is_listed(path):
    found = {call: text for text in expressions(json.loads(path.read_text())) for call in calls_not_allowed(text)}
    assert found == {}


@pytest.mark.parametrize(
    "expression",
    [
        "open('a')",
        "__import__('os')",
        "os.system('ls')",
        "x.__class__",
        "import subprocess",
        "lambda: f()",
        "torch.load(a)",
    ],
)
def test_the_list_leaves_out_what_is_dangerous(expression):
    assert list(calls_not_allowed(expression))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_bundles_name_only_known_packages(path):
    for target in targets(json.loads(path.read_text())):
        assert target.startswith(TARGETS) or target.isidentifier(), target  # a bare name is MONAI's


@pytest.mark.parametrize("path", sorted(BUNDLES.rglob("logging.conf")), ids=lambda path: path.parts[-3])
def test_logs_go_to_a_plain_stream(path):
    config = configparser.RawConfigParser()
    config.read(path)
    handlers = [name for name in config.sections() if name.startswith("handler_")]
    assert handlers
    for name in handlers:
        assert config[name]["class"] == "StreamHandler"
        assert config[name]["args"] in ("(sys.stdout,)", "(sys.stderr,)")
    assert not [name for name in config.sections() if name.startswith("formatter_") and "class" in config[name]]


def test_monai_is_required_with_its_security_fixes():
    config = configparser.ConfigParser()
    config.read(Path(__file__).parents[1] / "setup.cfg")
    assert re.search(r"^monai\[.*\]>=1\.6\.1,", config["options"]["install_requires"].strip(), re.MULTILINE)
