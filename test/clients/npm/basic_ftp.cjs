#!/usr/bin/env node
// One FTP job with basic-ftp, as a small script would do it.
//
// usage: basic_ftp.cjs HOST PORT USER PASSWORD passive JOB NAME...
//
// Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR, delete NAME,
// rename FROM TO, upload-tree LOCAL REMOTE, download-tree REMOTE LOCAL.
//
// With FTPS=explicit or implicit the session is protected, by the TLS version
// FTPS_VERSION, and the server must be known to the authority in the file FTPS_CA.
const fs = require("fs");
const { Client } = require("basic-ftp");

const jobs = {
  upload: (ftp, [local, remote]) => ftp.uploadFrom(local, remote),
  download: (ftp, [remote, local]) => ftp.downloadTo(local, remote),
  list: async (ftp, [dir]) => {
    for (const entry of await ftp.list(dir)) {
      console.log(entry.name);
    }
  },
  delete: (ftp, [name]) => ftp.remove(name),
  rename: (ftp, [from, to]) => ftp.rename(from, to),
  "upload-tree": (ftp, [local, remote]) => ftp.uploadFromDir(local, remote),
  "download-tree": (ftp, [remote, local]) => ftp.downloadToDir(local, remote),
};

function protection(env) {
  if (!env.FTPS) {
    return {};
  }
  const version = "TLSv" + env.FTPS_VERSION;
  return {
    secure: env.FTPS === "implicit" ? "implicit" : true,
    secureOptions: { ca: fs.readFileSync(env.FTPS_CA), minVersion: version, maxVersion: version },
  };
}

async function main([host, port, user, password, mode, job, ...names]) {
  if (mode !== "passive") {
    throw new Error("basic-ftp has no active mode");
  }
  const ftp = new Client();
  try {
    await ftp.access({ host, port: Number(port), user, password, ...protection(process.env) });
    await jobs[job](ftp, names);
  } finally {
    ftp.close();
  }
}

main(process.argv.slice(2)).catch((err) => {
  console.error(err);
  process.exitCode = 1;
});
