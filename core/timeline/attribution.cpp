// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/attribution.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace cutover::timeline {

Attribution attribute(qint64 startNs, qint64 endNs, std::span<const Claim> claims, std::size_t rowCount)
{
    Attribution result;
    result.rowNs.resize(rowCount);
    result.rowStartNs.resize(rowCount);
    if (endNs <= startNs)
        return result;

    // The best claim is first: by rank, then the latest start, then the row.
    using Key = std::tuple<int, qint64, std::size_t, std::size_t>;
    struct Edge
    {
        qint64 timeNs;
        bool opens;
        Key key;
    };
    std::vector<Edge> edges;
    edges.reserve(claims.size() * 2);
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const Claim& claim = claims[i];
        const qint64 from = std::max(claim.startNs, startNs);
        const qint64 to = std::min(claim.endNs, endNs);
        if (to <= from || claim.row >= rowCount)
            continue;
        const Key key{ claim.rank, -claim.startNs, claim.row, i };
        edges.push_back({ .timeNs = from, .opens = true, .key = key });
        edges.push_back({ .timeNs = to, .opens = false, .key = key });
    }
    std::ranges::sort(edges, {}, &Edge::timeNs);

    std::set<Key> open;
    qint64 at = startNs;
    const auto advance = [&](qint64 to) {
        if (to <= at)
            return;
        if (open.empty()) {
            result.gaps.push_back({ .startNs = at, .endNs = to });
        } else {
            const std::size_t row = std::get<2>(*open.begin());
            if (result.rowNs[row] == 0)
                result.rowStartNs[row] = at;
            result.rowNs[row] += to - at;
        }
        at = to;
    };
    for (const Edge& edge : edges) {
        advance(edge.timeNs);
        if (edge.opens)
            open.insert(edge.key);
        else
            open.erase(edge.key);
    }
    advance(endNs);
    return result;
}

} // namespace cutover::timeline
