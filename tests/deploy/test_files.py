"""What deploy/ says is true of the app: names, ports, paths, and that nothing runs as root."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from explorer.ui import settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
KUBERNETES = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "explorer.yaml").read_text()))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
VARIABLE = re.compile(r"RESNET_EXPLORER_[A-Z0-9_]+[A-Z0-9]")


def named_in_code():
    text = "".join(path.read_text() for path in (ROOT / "explorer").rglob("*.py"))
    return set(VARIABLE.findall(text))


def table_of_readme():
    """Name -> default, as the owner of a machine reads them."""
    text = (ROOT / "README.md").read_text()
    return dict(re.findall(r"^\| `(RESNET_EXPLORER_\w+)` \| (.*?) \|", text, re.M))


def test_every_setting_is_in_the_readme_and_no_other():
    assert list(table_of_readme()) == list(settings.DEFAULTS)
    assert set(settings.DEFAULTS) == named_in_code()


@pytest.mark.parametrize("name", settings.DEFAULTS)
def test_the_readme_names_the_default_that_the_app_takes(name):
    default = settings.DEFAULTS[name]
    if default is not None:
        assert table_of_readme()[name].strip("`") == str(default)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_settings_that_are_set_exist(path):
    assert set(VARIABLE.findall(path.read_text())) <= named_in_code()


def deployments():
    return {one["metadata"]["name"]: one for one in KUBERNETES if one["kind"] == "Deployment"}


def pod(one):
    return one["spec"]["template"]["spec"]


def test_namespaces_for_restricted_pods_take_all():
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    for one in deployments().values():
        spec = pod(one)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
        assert {next(iter(volume.keys() - {"name"})) for volume in spec.get("volumes", [])} <= {
            "persistentVolumeClaim"
        }
        # Addresses of services would come as RESNET_EXPLORER_..., as settings do.
        assert spec["enableServiceLinks"] is False


def test_pods_take_the_image_that_a_node_has():
    """Of one without a version, or the newest, a node asks the registry each time."""
    images = {
        container["image"] for one in deployments().values() for container in pod(one)["containers"]
    }
    assert len(images) == 1
    _, _, version = images.pop().partition(":")
    assert version not in ("", "latest")


def test_nothing_runs_as_root():
    user = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.M)[-1]
    assert int(user) > 0
    assert DOCKERFILE.index("USER ") < DOCKERFILE.index("CMD [")
    for one in deployments().values():
        context = pod(one)["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] == int(user)


def test_ports_and_the_health_path_agree():
    port = int(re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)[1])
    assert f'"--server.port", "{port}"' in DOCKERFILE
    assert f"http://127.0.0.1:{port}/_stcore/health" in DOCKERFILE
    proxy = (DEPLOY / "haproxy.cfg").read_text()
    assert f" app:{port} " in proxy and "option httpchk GET /_stcore/health" in proxy
    bound = re.search(r"bind :(\d+)", proxy)[1]
    assert COMPOSE["services"]["proxy"]["ports"] == [f"{bound}:{bound}"]
    (app,) = pod(deployments()["resnet-explorer"])["containers"]
    assert app["ports"] == [{"containerPort": port}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert app[probe]["httpGet"] == {"path": "/_stcore/health", "port": port}
    services = {
        one["metadata"]["name"]: one["spec"] for one in KUBERNETES if one["kind"] == "Service"
    }
    assert services["resnet-explorer"]["ports"][0]["targetPort"] == port
    assert services["resnet-explorer"]["sessionAffinity"] == "ClientIP"


def test_every_proxy_keeps_a_visitor_with_a_replica_by_one_cookie():
    (ingress,) = (one for one in KUBERNETES if one["kind"] == "Ingress")
    (service,) = (
        one
        for one in KUBERNETES
        if one["kind"] == "Service" and one["metadata"]["name"] == "resnet-explorer"
    )
    nginx, traefik = (
        {name.partition("/")[2]: value for name, value in one["metadata"]["annotations"].items()}
        for one in (ingress, service)
    )
    proxy = (DEPLOY / "haproxy.cfg").read_text()
    (cookie,) = re.findall(r"^ +cookie (\w+) insert", proxy, re.M)
    assert nginx["affinity"] == "cookie" and traefik["service.sticky.cookie"] == "true"
    assert nginx["session-cookie-name"] == traefik["service.sticky.cookie.name"] == cookie
    assert nginx["session-cookie-samesite"].lower() == traefik["service.sticky.cookie.samesite"]
    assert all(isinstance(value, str) for value in (nginx | traefik).values())
    # As long as the proxy of compose.yaml lets a page rest, and as large as the app takes.
    (tunnel,) = re.findall(r"timeout tunnel (\d+)h", proxy)
    assert int(nginx["proxy-read-timeout"]) == int(tunnel) * 3600
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert nginx["proxy-body-size"] == f"{config['server']['maxUploadSize']}m"
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    backend = path["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["number"] == service["spec"]["ports"][0]["port"]


def test_workers_and_replicas_see_one_folder_under_one_path():
    services = COMPOSE["services"]
    for name in ("app", "worker"):
        assert services[name]["volumes"] == ["data:/data"]
    folder = services["app"]["environment"]["RESNET_EXPLORER_JOBS_FOLDER"]
    assert folder.startswith("/data/")
    assert f"RESNET_EXPLORER_JOBS_FOLDER={folder}" in DOCKERFILE
    for name in ("resnet-explorer", "resnet-explorer-worker"):
        (container,) = pod(deployments()[name])["containers"]
        assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}
    (claim,) = (one for one in KUBERNETES if one["kind"] == "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_scheduler_is_found_where_it_listens():
    address = COMPOSE["services"]["app"]["environment"]["RESNET_EXPLORER_JOBS"]
    host, _, port = address.removeprefix("dask://").partition(":")
    assert port in COMPOSE["services"][host]["command"]
    assert f"tcp://{host}:{port}" in COMPOSE["services"]["worker"]["command"]
    names = {one["metadata"]["name"] for one in KUBERNETES if one["kind"] == "Service"}
    (app,) = pod(deployments()["resnet-explorer"])["containers"]
    address = next(one["value"] for one in app["env"] if one["name"] == "RESNET_EXPLORER_JOBS")
    assert address.removeprefix("dask://").partition(":")[0] in names


def test_the_image_holds_what_the_app_reads():
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
        assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()
