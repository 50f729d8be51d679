<?php
// One FTP job with PHP's ftp extension, as a small script would do it.
//
// usage: php ftp.php HOST PORT USER PASSWORD active|passive JOB NAME...
//
// Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR, delete NAME,
// rename FROM TO.
//
// With FTPS=explicit the session is protected.

[, $host, $port, $user, $password, $mode, $job] = $argv;
$names = array_slice($argv, 7);

function must(mixed $result, string $what): mixed
{
    if ($result === false) {
        fwrite(STDERR, "$what failed\n");
        exit(1);
    }
    return $result;
}

$connect = getenv('FTPS') ? ftp_ssl_connect(...) : ftp_connect(...);
$ftp = must($connect($host, (int) $port, 60), 'connect');
must(ftp_login($ftp, $user, $password), 'login');
if ($mode === 'passive') {
    must(ftp_pasv($ftp, true), 'passive mode');
}
match ($job) {
    'upload' => must(ftp_put($ftp, $names[1], $names[0], FTP_BINARY), $job),
    'download' => must(ftp_get($ftp, $names[1], $names[0], FTP_BINARY), $job),
    'list' => print(implode("\n", must(ftp_nlist($ftp, $names[0]), $job)) . "\n"),
    'delete' => must(ftp_delete($ftp, $names[0]), $job),
    'rename' => must(ftp_rename($ftp, $names[0], $names[1]), $job),
};
ftp_close($ftp);
