using System.Globalization;

namespace GuestTune.Controller.Serving;

/// <summary>Finds the number of a group.</summary>
internal static unsafe class UnixGroup
{
    private const int RangeError = 34;
    private const int LargestBuffer = 1024 * 1024;

    /// <param name="nameOrNumber">As an administrator wrote it.</param>
    /// <exception cref="ServeException">There is no such group.</exception>
    public static uint Find(string nameOrNumber)
    {
        if (uint.TryParse(nameOrNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        for (var size = 1024; size <= LargestBuffer; size *= 4)
        {
            var buffer = new byte[size];
            Libc.Group group;
            Libc.Group* result;
            fixed (byte* memory = buffer)
            {
                var error = Libc.GetGroupByName(nameOrNumber, &group, memory, (nuint)size, &result);
                if (error == RangeError)
                {
                    continue;
                }

                if (error == 0 && result is not null)
                {
                    return group.Id;
                }
            }

            break;
        }

        throw new ServeException($"there is no group '{nameOrNumber}'; create it (groupadd --system {nameOrNumber}) or name another");
    }
}
