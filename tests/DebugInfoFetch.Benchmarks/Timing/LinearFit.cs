namespace DebugInfoFetch.Benchmarks.Timing;

/// <summary>The line of least squares through points: <c>y = Intercept + Slope * x</c>.</summary>
/// <param name="WorstDeviation">The greatest distance of a point's y from the line, as a share of that y.</param>
internal sealed record LinearFit(double Intercept, double Slope, double WorstDeviation)
{
    /// <param name="points">Two at least, with different x.</param>
    public static LinearFit Through(IReadOnlyList<(double X, double Y)> points)
    {
        double meanX = points.Average(p => p.X), meanY = points.Average(p => p.Y);
        double slope = points.Sum(p => (p.X - meanX) * (p.Y - meanY)) / points.Sum(p => (p.X - meanX) * (p.X - meanX));
        double intercept = meanY - (slope * meanX);
        return new LinearFit(intercept, slope, points.Max(p => Math.Abs(p.Y - intercept - (slope * p.X)) / p.Y));
    }
}
