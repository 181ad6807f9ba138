using Dapper;
using Microsoft.Data.Sqlite;

namespace GuestTune.Controller.Store;

/// <summary>
/// The database's file: made for its user alone, brought to this program's schema before its first use, and left as it
/// is where it is newer, damaged or somebody else's. Several processes may use it at once.
/// </summary>
internal sealed class SqliteDatabase(StoreFiles files, TimeProvider time, TimeSpan? lockPatience = null) : IDisposable
{
    private static readonly TimeSpan UsualLockPatience = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _lockPatience = lockPatience ?? UsualLockPatience;
    private readonly string _path = files.DatabasePath;
    private readonly Lock _gate = new();

    // Writers of this process wait for one another here. At the file's lock they would sleep 150 ms between looks (SqliteCommand), and of many at once some
    // would not get it within their time.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _isReady;

    /// <summary>Reads one state of the database, whatever is written meanwhile.</summary>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public Task<T> ReadAsync<T>(Func<SqliteTransaction, Task<T>> work, CancellationToken cancellationToken) => RunAsync(work, deferred: true, cancellationToken);

    /// <summary>Writes all or nothing, as the only writer from its start.</summary>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(work, deferred: false, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        // Pooled connections would keep the file open; the last one to close also folds the write-ahead log into it.
        if (_isReady)
        {
            using var connection = new SqliteConnection(ConnectionString());
            SqliteConnection.ClearPool(connection);
        }
    }

    private async Task<T> RunAsync<T>(Func<SqliteTransaction, Task<T>> work, bool deferred, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await using var connection = Open();
            await using var transaction = connection.BeginTransaction(deferred);
            var result = await work(transaction);
            transaction.Commit();
            return result;
        }
        catch (SqliteException e)
        {
            throw Problem(e);
        }
    }

    private SqliteConnection Open()
    {
        lock (_gate)
        {
            if (!_isReady)
            {
                Prepare();
                _isReady = true;
            }
        }

        var connection = new SqliteConnection(ConnectionString());
        connection.Open();
        return connection;
    }

    private void Prepare()
    {
        files.Prepare();
        Create();
        StoreFiles.ExpectPrivate(_path);
        using var connection = new SqliteConnection(ConnectionString());
        connection.Open();
        connection.Execute("PRAGMA journal_mode = WAL");
        Migrate(connection);
    }

    /// <summary>SQLite would make it readable for all; its other files get the mode of this one.</summary>
    private void Create()
    {
        try
        {
            // One that exists is never opened here: to close it would drop this process's locks on it (fcntl(2), F_SETLK).
            using var file = File.Exists(_path) ? null : new FileStream(_path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = StoreFiles.OwnFile,
            });
        }
        catch (IOException) when (File.Exists(_path))
        {
            // Another process was first.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the controller's database {_path} cannot be made: {e.Message}; be root, use the controller daemon, or name another directory by --state", e);
        }
    }

    private void Migrate(SqliteConnection connection)
    {
        var newest = Migration.All[^1].Version;
        if (Version(connection, null) == newest)
        {
            return;
        }

        using var transaction = connection.BeginTransaction();
        var version = Version(connection, transaction);
        if (version > newest)
        {
            throw new StoreException(
                $"the controller's database {_path} is of version {version}, and this program knows {newest}: a newer guesttune has used it; use that one, or another directory by --state");
        }

        if (version == 0 && connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master", transaction: transaction) > 0)
        {
            throw new StoreException($"{_path} is a database of another program; move it away, or name another directory by --state");
        }

        connection.Execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at_ms BIGINT NOT NULL)",
            transaction: transaction);
        foreach (var migration in Migration.All.Where(m => m.Version > version))
        {
            connection.Execute(migration.Sql, transaction: transaction);
            connection.Execute(
                "INSERT INTO schema_migration (version, name, applied_at_ms) VALUES (@Version, @Name, @AppliedAtMs)",
                new { migration.Version, migration.Name, AppliedAtMs = time.GetUtcNow().ToUnixTimeMilliseconds() },
                transaction);
        }

        transaction.Commit();
    }

    private static long Version(SqliteConnection connection, SqliteTransaction? transaction) =>
        connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'", transaction: transaction) == 0
            ? 0
            : connection.ExecuteScalar<long>("SELECT coalesce(max(version), 0) FROM schema_migration", transaction: transaction);

    private string ConnectionString() => new SqliteConnectionStringBuilder
    {
        DataSource = _path,
        Mode = SqliteOpenMode.ReadWrite,
        ForeignKeys = true,
        DefaultTimeout = (int)_lockPatience.TotalSeconds,
    }.ToString();

    /// <summary>Result codes: https://www.sqlite.org/rescode.html.</summary>
    private StoreException Problem(SqliteException e)
    {
        var what = e.SqliteErrorCode switch
        {
            5 or 6 => $"another program has kept it locked for {_lockPatience.TotalSeconds:0} s; see who uses it, and try again",
            8 => "it cannot be written: it, its directory or its file system is read-only for this user",
            10 => $"the disk fails ({e.Message})",
            11 or 26 => $"it is damaged ({e.Message}); it is left as it is: put a backup in its place, or move it away to begin with an empty one, and then enrol and save baselines again",
            13 => "its disk is full",
            14 => "it cannot be opened; be root, use the controller daemon, or name another directory by --state",
            _ => e.Message,
        };
        return new StoreException($"the controller's database {_path} cannot be used: {what}", e);
    }
}
