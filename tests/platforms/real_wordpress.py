"""A real WordPress site of our own for a few minutes, from Debian's packages; nothing of the machine's is touched."""

from __future__ import annotations

import getpass
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

PACKAGES = (
    "wordpress wordpress-theme-twentytwentythree php-cli php-mysql php-gd php-curl php-xml php-mbstring mariadb-server"
)
_NEEDED = ("php", "mariadbd", "mariadb-install-db", "mariadb")
_SOURCES = Path("/usr/share/wordpress")
_PATIENCE = 60.0
"""Seconds for the database and the server to come up; they take two."""

_CONFIG = """<?php
define('DB_NAME', 'wp'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp'); define('DB_CHARSET', 'utf8mb4');
define('DB_HOST', 'localhost:%(socket)s'); define('DB_COLLATE', '');
define('WP_HOME', '%(url)s'); define('WP_SITEURL', '%(url)s');
define('WP_ENVIRONMENT_TYPE', 'local'); define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true); define('WP_DEBUG', false);
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT',
          'LOGGED_IN_SALT', 'NONCE_SALT'] as $name) { define($name, 'a site of tests alone'); }
if (file_exists(__DIR__ . '/no-bin')) { define('EMPTY_TRASH_DAYS', 0); }
$table_prefix = 'wp_';
if (!defined('ABSPATH')) { define('ABSPATH', __DIR__ . '/'); }
require_once ABSPATH . 'wp-settings.php';
"""

_INSTALL = """<?php
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require __DIR__ . '/wp-admin/includes/upgrade.php';
wp_install('Sawt al-Hikma', 'admin', 'admin@example.org', true, '', 'the login password');
update_option('permalink_structure', '/%postname%/');
update_option('blogname', 'صوت الحكمة');
switch_theme('twentytwentythree');
$passwords = [];
foreach (['author', 'editor', 'contributor'] as $role) {
    $id = wp_insert_user(['user_login' => $role, 'user_pass' => 'the login password', 'role' => $role,
                          'display_name' => $role]);
    $passwords[$role] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'sawt'])[0];
}
echo 'PASSWORDS ' . json_encode($passwords);
"""


@dataclass(frozen=True, kw_only=True)
class RealSite:
    """`url` has no trailing slash; an application password for a user of each role, who is called like it.

    It has no bin while a file `no-bin` lies in its `home`.
    """

    url: str
    home: Path
    passwords: Mapping[str, str] = field(repr=False)

    def credentials(self, role: str) -> dict[str, str]:
        return {"site_url": self.url, "username": role, "application_password": self.passwords[role]}


def lacking() -> list[str]:
    """What of Debian's packages is not here."""
    there = [shutil.which(each, path="/usr/bin:/usr/sbin:/usr/local/bin") for each in _NEEDED]
    missing = [name for name, found in zip(_NEEDED, there, strict=True) if not found]
    theme = _SOURCES / "wp-content/themes/twentytwentythree"
    return missing + [str(each) for each in (_SOURCES / "wp-load.php", theme) if not each.exists()]


@contextmanager
def real_wordpress(folder: Path) -> Iterator[RealSite]:
    """A site under `folder`, with its own database server on a socket, ended by their own process ids."""
    with ExitStack() as running:
        socket_file = _database(folder, running)
        port = _free_port()
        url, home = f"http://127.0.0.1:{port}", folder / "www"
        shutil.copytree(_SOURCES, home, ignore=lambda _, names: {"wp-config.php"} & set(names))
        (home / "wp-config.php").write_text(_CONFIG % {"socket": socket_file, "url": url})
        (home / "install.php").write_text(_INSTALL, encoding="utf-8")
        told = _run("php", str(home / "install.php"))
        (home / "install.php").unlink()
        _start(running, folder, "php", "-d", "max_execution_time=60", "-S", f"127.0.0.1:{port}", "-t", str(home))
        _until_it_answers(f"{url}/wp-json/")
        yield RealSite(url=url, home=home, passwords=json.loads(told.partition("PASSWORDS ")[2]))


def _database(folder: Path, running: ExitStack) -> Path:
    files, socket_file, user = folder / "my", folder / "s.sock", getpass.getuser()
    common = ("--no-defaults", f"--datadir={files}", f"--user={user}")
    _run("mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db")
    _start(
        running, folder, shutil.which("mariadbd", path="/usr/sbin:/usr/bin") or "mariadbd", *common,
        f"--socket={socket_file}", "--skip-networking", f"--pid-file={folder / 'm.pid'}",
    )  # fmt: skip
    _until_there(socket_file)
    make = (
        "CREATE DATABASE wp CHARACTER SET utf8mb4; CREATE USER 'wp'@'localhost' IDENTIFIED BY 'wp';"
        "GRANT ALL ON wp.* TO 'wp'@'localhost'"
    )
    _run("mariadb", "--no-defaults", f"--socket={socket_file}", "-u", "root", "-e", make)
    return socket_file


def _start(running: ExitStack, folder: Path, *command: str) -> None:
    log = running.enter_context((folder / f"{Path(command[0]).name}.log").open("w"))
    process = subprocess.Popen(command, stdout=log, stderr=log)
    running.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-800:]}{done.stdout[-400:]}")
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _until_there(file: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not file.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{file.name} did not appear")
        time.sleep(0.05)


def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            requests.get(url, timeout=20)
            return
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
