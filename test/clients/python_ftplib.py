"""One FTP job with Python's standard library, as a small script would do it.

usage: python_ftplib.py HOST PORT USER PASSWORD active|passive JOB [NAME ...]

Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR, facts DIR,
delete NAME, rename FROM TO, mkdir DIR, rmdir DIR.
"""

import ftplib
import sys


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


def main():
    host, port, user, password, mode, job, *names = sys.argv[1:]
    with ftplib.FTP() as ftp:
        ftp.encoding = "utf-8"
        ftp.connect(host, int(port), timeout=60)
        ftp.login(user, password)
        ftp.set_pasv(mode == "passive")
        run(ftp, job, names)


main()
