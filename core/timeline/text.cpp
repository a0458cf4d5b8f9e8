// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "timeline/text.h"

#include "timeline/timetext.h"

#include <QStringList>

#include <algorithm>

namespace cutover::timeline {

namespace {

enum class Colour : std::uint8_t { None, Bold, Dim, Good, Warn, Bad, Source, Destination };

QString paint(const QString& text, Colour colour, const TextStyle& style)
{
    if (!style.colour || colour == Colour::None || text.isEmpty())
        return text;
    const char* code = "0";
    switch (colour) {
    case Colour::Bold:
        code = "1";
        break;
    case Colour::Dim:
        code = "2";
        break;
    case Colour::Good:
        code = "32";
        break;
    case Colour::Warn:
        code = "33";
        break;
    case Colour::Bad:
        code = "31";
        break;
    case Colour::Source:
        code = "34";
        break;
    case Colour::Destination:
        code = "36";
        break;
    case Colour::None:
        break;
    }
    return QStringLiteral("\x1b[") + QString::fromLatin1(code) + QLatin1Char('m') + text
        + QStringLiteral("\x1b[0m");
}

struct Cell
{
    QString text;
    Colour colour = Colour::None;
    bool right = false;
};

using Row = std::vector<Cell>;

/// What a foreign name may hold that would move the cursor or break the line.
QString printable(const QString& text)
{
    QString clean = text;
    for (QChar& c : clean) {
        if (!c.isPrint())
            c = QLatin1Char('?');
    }
    return clean;
}

QString fit(const QString& text, qsizetype width)
{
    if (text.size() <= width)
        return text;
    return width < 2 ? text.first(std::max<qsizetype>(width, 0))
                     : QString(text.first(width - 1) + QChar(u'…'));
}

/// The columns \a flexible give way, one after the other, when the table is wider than the style allows.
QString layOut(
    const std::vector<Row>& rows, std::initializer_list<std::size_t> flexible, const TextStyle& style)
{
    constexpr qsizetype gap = 2;
    constexpr qsizetype narrowest = 8;
    std::vector<qsizetype> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].text.size());
    }
    qsizetype excess = -gap - style.width;
    for (const qsizetype width : widths)
        excess += width + gap;
    for (const std::size_t column : flexible) {
        if (column >= widths.size() || excess <= 0)
            continue;
        const qsizetype width = std::max(std::min(narrowest, widths[column]), widths[column] - excess);
        excess -= widths[column] - width;
        widths[column] = width;
    }

    QString out;
    for (const Row& row : rows) {
        QString line;
        qsizetype padding = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const QString text = fit(row[i].text, widths[i]);
            const qsizetype free = widths[i] - text.size();
            if (i > 0)
                padding += gap;
            if (row[i].right)
                padding += free;
            if (!text.isEmpty()) {
                line += QString(padding, QLatin1Char(' ')) + paint(text, row[i].colour, style);
                padding = 0;
            } else {
                padding += row[i].right ? 0 : free;
                continue;
            }
            if (!row[i].right)
                padding += free;
        }
        out += line + QLatin1Char('\n');
    }
    return out;
}

Row header(std::initializer_list<Cell> cells)
{
    Row row(cells);
    for (Cell& cell : row)
        cell.colour = Colour::Dim;
    return row;
}

TextStyle sane(TextStyle style)
{
    style.width = std::max(style.width, 40);
    return style;
}

Colour colourOf(PhaseState state)
{
    switch (state) {
    case PhaseState::Done:
        return Colour::Good;
    case PhaseState::Running:
        return Colour::Warn;
    case PhaseState::Failed:
        return Colour::Bad;
    case PhaseState::NotReached:
    case PhaseState::Skipped:
        break;
    }
    return Colour::Dim;
}

Colour colourOf(const QString& identity)
{
    if (identity == u"same")
        return Colour::Good;
    return identity == u"different" ? Colour::Bad : Colour::Warn;
}

QString words(QString id)
{
    return id.replace(QLatin1Char('-'), QLatin1Char(' '));
}

/// What happened to the fd, in a word or two.
Cell fdState(const FdEntry& fd)
{
    switch (fd.claim) {
    case FdClaim::Claimed:
        return { .text = QStringLiteral("in use"), .colour = Colour::Good };
    case FdClaim::Missing:
        return { .text = QStringLiteral("LOST"), .colour = Colour::Bad };
    case FdClaim::Unclaimed:
        return { .text = QStringLiteral("not used"), .colour = Colour::Warn };
    case FdClaim::Unknown:
        break;
    }
    if (fd.received)
        return { .text = QStringLiteral("received") };
    if (fd.sent)
        return { .text = QStringLiteral("sent") };
    return { .text = fd.saved ? QStringLiteral("not sent") : QString(), .colour = Colour::Dim };
}

QString numberText(const std::optional<int>& fd)
{
    return fd ? QString::number(*fd) : QStringLiteral("-");
}

QString bar(qint64 part, qint64 whole, int width)
{
    if (whole <= 0 || width <= 0)
        return {};
    const double cells = static_cast<double>(part) / static_cast<double>(whole) * width;
    const int eighths = std::clamp(static_cast<int>(cells * 8 + 0.5), part > 0 ? 1 : 0, width * 8);
    static constexpr char16_t partial[] = u" ▏▎▍▌▋▊▉";
    QString text(eighths / 8, QChar(u'█'));
    if (eighths % 8 != 0)
        text += QChar(partial[eighths % 8]);
    return text;
}

} // namespace

QString phaseTable(const Phases& phases, const TextStyle& style)
{
    qint64 firstNs = 0;
    for (const Phase& phase : phases) {
        if (phase.startNs > 0 && firstNs == 0)
            firstNs = phase.startNs;
    }
    std::vector<Row> rows{ header({ { .text = QStringLiteral("PHASE") }, { .text = QStringLiteral("STATE") },
        { .text = QStringLiteral("AT"), .right = true }, { .text = QStringLiteral("TOOK"), .right = true },
        { .text = {} } }) };
    for (const Phase& phase : phases) {
        const auto duration = phase.durationNs();
        const bool reached = phase.state != PhaseState::NotReached && phase.state != PhaseState::Skipped;
        rows.push_back({ { .text = words(phaseName(phase.id)),
                             .colour = reached ? Colour::Bold : Colour::Dim },
            { .text = words(phaseStateId(phase.state)), .colour = colourOf(phase.state) },
            { .text = phase.startNs > 0 ? QString(QLatin1Char('+') + durationText(phase.startNs - firstNs))
                                        : QStringLiteral("-"),
                .right = true },
            { .text = duration ? durationText(*duration) : QStringLiteral("-"), .right = true },
            { .text = phaseText(phase.id), .colour = Colour::Dim } });
    }
    return layOut(rows, { 4 }, sane(style));
}

QString fdTable(const std::vector<FdEntry>& fds, const TextStyle& style)
{
    if (fds.empty())
        return {};
    const bool hasIds = std::ranges::any_of(fds, [](const FdEntry& fd) { return fd.id != 0; });
    std::vector<Row> rows{ header(
        { { .text = QStringLiteral("FD") }, { .text = QStringLiteral("SOURCE"), .right = true },
            { .text = QStringLiteral("DESTINATION"), .right = true }, { .text = QStringLiteral("STATE") },
            { .text = QStringLiteral("IDENTITY") }, { .text = QStringLiteral("PROOF") } }) };
    for (const FdEntry& fd : fds) {
        QString name = fd.name.isEmpty() ? QStringLiteral("(not named)") : printable(fd.name);
        if (hasIds)
            name += QLatin1Char('#') + QString::number(fd.id);
        const QString proof = fd.proof.isEmpty() ? fd.text : fd.proof;
        rows.push_back(
            { { .text = name, .colour = Colour::Bold }, { .text = numberText(fd.sourceFd), .right = true },
                { .text = numberText(fd.destinationFd), .right = true }, fdState(fd),
                { .text = printable(fd.identity), .colour = colourOf(fd.identity) },
                { .text = printable(proof), .colour = Colour::Dim } });
    }
    return layOut(rows, { 5, 0 }, sane(style));
}

QString breakdownBars(const PauseBreakdown& pause, const TextStyle& style)
{
    const TextStyle sized = sane(style);
    if (!pause.isKnown())
        return QStringLiteral("Pause: not known. ") + pause.explanation + QLatin1Char('\n');

    QString out = paint(QStringLiteral("Pause ") + durationText(pause.pause.valueNs), Colour::Bold, sized)
        + QStringLiteral(" ± ") + durationText(pause.pause.clockErrorNs)
        + (pause.clockSampled ? QString() : QStringLiteral(" (clock steps not checked)")) + QLatin1Char('\n')
        + pause.explanation + QLatin1Char('\n') + evidenceTierText(pause.pause.tier) + QLatin1Char('\n');

    const std::vector<PauseRow> rows = style.everyRow ? pause.rows : condensedRows(pause);
    qint64 longest = 0;
    for (const PauseRow& row : rows)
        longest = std::max(longest, row.durationNs);
    const int barWidth = std::clamp(sized.width - 66, 8, 40);
    std::vector<Row> table;
    for (const PauseRow& row : rows) {
        const bool rest = row.kind == PauseRowKind::Unattributed;
        const Colour colour = rest     ? Colour::Dim
            : row.side == Side::Source ? Colour::Source
                                       : Colour::Destination;
        const double percent = pause.pause.valueNs > 0
            ? 100.0 * static_cast<double>(row.durationNs) / static_cast<double>(pause.pause.valueNs)
            : 0.0;
        table.push_back(
            { { .text = rest ? QStringLiteral("unattributed") : sideId(row.side), .colour = colour },
                { .text = printable(row.text) }, { .text = durationText(row.durationNs), .right = true },
                { .text = QString::number(percent, 'f', 1) + QLatin1Char('%'), .right = true },
                { .text = bar(row.durationNs, longest, barWidth), .colour = colour } });
    }
    return out + layOut(table, { 1 }, sized);
}

} // namespace cutover::timeline
