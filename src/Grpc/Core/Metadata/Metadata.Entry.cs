using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    // Header-Name of the specification; upper case is accepted and lowered.
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>One key with its value, which is text or, where the key ends in "-bin", bytes
    /// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests).</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <summary>An entry whose value is bytes.</summary>
        /// <param name="key">Ends in "-bin"; is made lower case.</param>
        /// <param name="valueBytes">Is copied.</param>
        public Entry(string key, byte[] valueBytes)
            : this(NormalizeKey(key), value: null, CopyOf(valueBytes))
        {
            if (!HasBinarySuffix(Key))
            {
                throw new ArgumentException(
                    $"Key for binary valued metadata entry needs to have '{BinaryHeaderSuffix}' suffix indicating binary value.", nameof(key));
            }
        }

        /// <summary>An entry whose value is text.</summary>
        /// <param name="key">Does not end in "-bin"; is made lower case.</param>
        /// <param name="value">Printable ASCII.</param>
        public Entry(string key, string value)
            : this(NormalizeKey(key), value, valueBytes: null)
        {
            ArgumentNullException.ThrowIfNull(value);
            if (HasBinarySuffix(Key))
            {
                throw new ArgumentException("Key for ASCII valued metadata entry cannot have suffix indicating binary value.", nameof(key));
            }
        }

        private Entry(string key, string? value, byte[]? valueBytes)
        {
            Key = key;
            _value = value;
            _valueBytes = valueBytes;
        }

        /// <summary>The key, in lower case.</summary>
        public string Key { get; }

        /// <summary>A copy of the bytes; of an entry with text, its ASCII encoding.</summary>
        public byte[] ValueBytes => _valueBytes is null ? Encoding.ASCII.GetBytes(_value!) : CopyOf(_valueBytes);

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The value is binary.</exception>
        public string Value => _value ?? throw new InvalidOperationException("Cannot access string value of a binary metadata entry");

        /// <summary>Whether the value is bytes.</summary>
        public bool IsBinary => _value is null;

        /// <inheritdoc />
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, valueBytes={_valueBytes}]" : $"[Entry: key={Key}, value={_value}]";

        /// <summary>Bytes that the caller promises not to keep or change elsewhere: saves the copy.</summary>
        internal static Entry FromOwnedBytes(string key, byte[] valueBytes) => new(NormalizeKey(key), value: null, valueBytes);

        /// <summary>The value as a header carries it: text as it is, bytes as base64.</summary>
        internal string ToHeaderValue() => _value ?? Convert.ToBase64String(_valueBytes!);

        internal static bool HasBinarySuffix(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);

        private static byte[] CopyOf(byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            return valueBytes.AsSpan().ToArray();
        }

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            if (key.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                throw new ArgumentException(
                    "Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.", nameof(key));
            }

            return key.ToLowerInvariant();
        }
    }
}
