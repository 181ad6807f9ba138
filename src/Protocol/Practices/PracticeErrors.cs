using Grpc.Core;
using GuestTune.Practices;

namespace GuestTune.Protocol;

/// <summary>The status codes that agent.proto promises for refusals.</summary>
public static class PracticeErrors
{
    public static RpcException ToRpcException(this PracticeException refusal) => new(new Status(
        refusal.Error switch
        {
            PracticeError.InvalidArgument => StatusCode.InvalidArgument,
            PracticeError.FailedPrecondition => StatusCode.FailedPrecondition,
            PracticeError.NotFound => StatusCode.NotFound,
            PracticeError.AlreadyExists => StatusCode.AlreadyExists,
            PracticeError.PermissionDenied => StatusCode.PermissionDenied,
            _ => StatusCode.Internal,
        },
        StatusText.Bound(refusal.Message)));
}
