"""One FTP job with Python's standard library, as a small script would do it.

usage: python_ftplib.py HOST PORT USER PASSWORD active|passive JOB [NAME ...]

Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR, facts DIR,
delete NAME, rename FROM TO, mkdir DIR, rmdir DIR.

With FTPS=explicit or implicit the session is protected, by the TLS version
FTPS_VERSION, and the server must be known to the authority in the file FTPS_CA.
With FTPS_EXTENDED set it can do what the library alone cannot.
"""

import ftplib
import os
import socket
import ssl
import sys


class Extended(ftplib.FTP_TLS):
    """Implicit TLS, and data connections that resume the control's session."""

    def connect(self, *args, **kwargs):
        if os.environ["FTPS"] == "explicit":
            return super().connect(*args, **kwargs)
        self.host, port = args
        self.timeout = kwargs["timeout"]
        self.sock = self.context.wrap_socket(
            socket.create_connection((self.host, port), self.timeout),
            server_hostname=self.host,
        )
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        conn = self.context.wrap_socket(
            conn, server_hostname=self.host, session=self.sock.session
        )
        return conn, size


def run(ftp, job, names):
    if job == "upload":
        with open(names[0], "rb") as f:
            print(ftp.storbinary("STOR " + names[1], f))
    elif job == "download":
        with open(names[1], "wb") as f:
            print(ftp.retrbinary("RETR " + names[0], f.write))
    elif job == "list":
        for name in ftp.nlst(names[0]):
            print(name)
    elif job == "facts":
        for name, facts in ftp.mlsd(names[0]):
            print(facts["type"], facts.get("size", "-"), name)
    elif job == "delete":
        ftp.delete(names[0])
    elif job == "rename":
        ftp.rename(names[0], names[1])
    elif job == "mkdir":
        print(ftp.mkd(names[0]))
    elif job == "rmdir":
        ftp.rmd(names[0])
    else:
        sys.exit("unknown job " + job)


def client():
    if "FTPS" not in os.environ:
        return ftplib.FTP()
    context = ssl.create_default_context(cafile=os.environ["FTPS_CA"])
    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = version[os.environ["FTPS_VERSION"]]
    context.maximum_version = context.minimum_version
    kind = Extended if "FTPS_EXTENDED" in os.environ else ftplib.FTP_TLS
    return kind(context=context)


def main():
    host, port, user, password, mode, job, *names = sys.argv[1:]
    with client() as ftp:
        ftp.encoding = "utf-8"
        ftp.connect(host, int(port), timeout=60)
        ftp.login(user, password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        ftp.set_pasv(mode == "passive")
        run(ftp, job, names)


main()
