using System.Net;
using System.Net.Sockets;
using DebugInfoFetch.Sources.Http;

namespace DebugInfoFetch.Tests.Sources;

public class HttpAnswerTests
{
    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, "could not connect: the host's name does not resolve (")]
    [InlineData(HttpRequestError.ConnectionError, "could not connect: ")]
    [InlineData(HttpRequestError.SecureConnectionError, "could not connect securely: ")]
    [InlineData(HttpRequestError.ProxyTunnelError, "could not connect through the proxy: ")]
    [InlineData(HttpRequestError.ResponseEnded, "the connection broke before the end")]
    public void A_fault_is_one_line_that_says_how_far_it_came(HttpRequestError error, string start)
    {
        string answer = HttpAnswer.Describe(new HttpRequestException(error, "first\nsecond", new SocketException((int)SocketError.HostNotFound)));

        Assert.StartsWith(start, answer, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', answer);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, false)]
    [InlineData(HttpStatusCode.Forbidden, false)]
    [InlineData(HttpStatusCode.NotImplemented, false)]
    [InlineData(HttpStatusCode.RequestTimeout, true)]
    [InlineData(HttpStatusCode.TooManyRequests, true)]
    [InlineData(HttpStatusCode.InternalServerError, true)]
    [InlineData((HttpStatusCode)520, true)]
    public void Only_answers_that_may_change_are_asked_again(HttpStatusCode status, bool isTransient)
        => Assert.Equal(isTransient, HttpAnswer.IsTransient(status));

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "404 Not Found")]
    [InlineData((HttpStatusCode)520, "520")]
    public void A_status_is_named(HttpStatusCode status, string text) => Assert.Equal(text, HttpAnswer.Describe(status));

    [Fact]
    public void Retry_After_is_seconds_or_a_date()
    {
        var seconds = new HttpResponseMessage();
        seconds.Headers.TryAddWithoutValidation("Retry-After", "7");
        var date = new HttpResponseMessage();
        date.Headers.TryAddWithoutValidation("Retry-After", DateTimeOffset.UtcNow.AddHours(1).ToString("R"));
        var past = new HttpResponseMessage();
        past.Headers.TryAddWithoutValidation("Retry-After", DateTimeOffset.UtcNow.AddHours(-1).ToString("R"));

        Assert.Equal(TimeSpan.FromSeconds(7), HttpAnswer.RetryAfter(seconds, TimeProvider.System));
        Assert.InRange(HttpAnswer.RetryAfter(date, TimeProvider.System)!.Value.TotalMinutes, 59, 61);
        Assert.Equal(TimeSpan.Zero, HttpAnswer.RetryAfter(past, TimeProvider.System));
        Assert.Null(HttpAnswer.RetryAfter(new HttpResponseMessage(), TimeProvider.System));
    }
}
