# One FTP job with Perl's Net::FTP, as a small script would do it.
#
# usage: net_ftp.pl HOST PORT USER PASSWORD active|passive JOB NAME...
#
# Jobs: upload LOCAL REMOTE, download REMOTE LOCAL, list DIR, delete NAME,
# rename FROM TO.
use strict;
use warnings;
use Net::FTP;

my ($host, $port, $user, $password, $mode, $job, @names) = @ARGV;

my $ftp = Net::FTP->new($host, Port => $port, Passive => $mode eq 'passive', Timeout => 60)
  or die "connect: $@\n";
$ftp->login($user, $password) or fail('login');
$ftp->binary or fail('binary');

my %jobs = (
    upload   => sub { $ftp->put(@_) },
    download => sub { $ftp->get(@_) },
    list     => sub { my @found = $ftp->ls(@_) or return $ftp->ok; print "$_\n" for @found; 1 },
    delete   => sub { $ftp->delete(@_) },
    rename   => sub { $ftp->rename(@_) },
);
my $do = $jobs{$job} or die "unknown job $job\n";
$do->(@names) or fail($job);
$ftp->quit or fail('quit');

sub fail { die shift, ': ', $ftp->code, ' ', $ftp->message }
