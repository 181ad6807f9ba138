using GuestTune.Controller.LibvirtAuth;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.HostController.Tests.LibvirtAuth;

public sealed class SaslUsersTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SaslUsers _users;

    public SaslUsersTests()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/saslpasswd2"), "saslpasswd2 is not installed (package sasl2-bin)");
        var files = new RootedFileSystem("/");
        _users = new SaslUsers(files, new CommandRunner(files, TimeProvider.System), _directory.PathOf("passwd.db"));
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void AddListRemove_Users_AreKeptPrivately()
    {
        Assert.Empty(_users.List());
        _users.Add("ann@example", "pass word", replace: false);
        _users.Add("joe@example", "ä€", replace: false);
        _users.Add("joe@example", "other", replace: true);

        Assert.Equal(["ann@example", "joe@example"], _users.List());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_users.Database));
        Assert.Null(_users.WhyNotPrivate);
        _users.Remove("ann@example");
        Assert.Equal(["joe@example"], _users.List());
        Assert.Contains("there is no user 'ann@example'", Assert.Throws<PracticeException>(() => _users.Remove("ann@example")).Message);
        File.SetUnixFileMode(_users.Database, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Contains("chmod o-rwx", _users.WhyNotPrivate);
    }

    [Fact]
    public void AddRemove_UserOfAnotherRealm_IsAnotherUser()
    {
        _users.Add("joe@example", "x", replace: false);
        _users.Add("joe", "y", replace: false);
        Assert.Equal(2, _users.List().Count);

        _users.Remove("joe");

        Assert.Equal(["joe@example"], _users.List());
        Assert.Contains("there is no user 'joe'", Assert.Throws<PracticeException>(() => _users.Remove("joe")).Message);
    }

    [Theory]
    [InlineData("", "x", "cannot be a user")]
    [InlineData("-d", "x", "cannot be a user")]
    [InlineData("a b", "x", "cannot be a user")]
    [InlineData("a@b@c", "x", "cannot be a user")]
    [InlineData("joe", "", "the password must have 1 to 1024 characters")]
    [InlineData("joe", "a\nb", "no line ends within it")]
    public void Add_WhatCannotBe_IsRefused(string user, string password, string message)
    {
        Assert.Contains(message, Assert.Throws<PracticeException>(() => _users.Add(user, password, replace: false)).Message);
        Assert.False(File.Exists(_users.Database));
    }
}
