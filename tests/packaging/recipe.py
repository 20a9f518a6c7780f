"""recipe.py META SOURCE COMMANDS: renders the recipe as conda-build does, without
its selectors, and looks whether it says what a recipe has to. Writes the commands
of its test to a file, one a line."""

import os
import re
import sys

import jinja2
import yaml

meta, source, commands = sys.argv[1:]
with open(meta, encoding="utf-8") as f:
    text = f.read()
# Selectors are comments for YAML; each has to be one that is known.
for selector in re.findall(r"# \[(.*)\]", text):
    assert selector in ("linux64", "not linux"), selector
text = "".join(line for line in text.splitlines(True)
               if "# [not linux]" not in line)
rendered = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
    text).render(compiler=lambda language: language + "_compiler_stub",
                 pin_subpackage=lambda name, max_pin: name)
recipe = yaml.safe_load(rendered)

assert set(recipe) == {"package", "source", "build", "requirements", "test",
                       "about"}, recipe.keys()
package = recipe["package"]
assert package["name"] == "upcase-pipe", package
assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", package["version"]), package
assert recipe["source"]["url"].endswith(
    "/upcase-pipe-%s.tar.gz" % package["version"]), recipe["source"]
assert re.fullmatch("[0-9a-f]{64}", recipe["source"]["sha256"])
assert isinstance(recipe["build"]["number"], int)
assert set(recipe["requirements"]) == {"build", "host", "run"}
about = recipe["about"]
for word in ("home", "license", "summary"):
    assert about[word], word
for name in about["license_file"]:
    assert os.path.exists(os.path.join(source, name)), name
with open(commands, "w", encoding="utf-8") as f:
    f.writelines(command + "\n" for command in recipe["test"]["commands"])
