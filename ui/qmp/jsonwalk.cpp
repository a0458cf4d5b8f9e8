// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "qmp/jsonwalk.h"

namespace cutover::ui {

namespace {

class Walker
{
public:
    Walker(QStringView text, qsizetype cursor)
        : m_text(text)
        , m_cursor(cursor)
    {
    }

    JsonWalk walk()
    {
        qsizetype at = 0;
        while (at < m_text.size()) {
            const QChar c = m_text[at];
            if (c.isSpace()) {
                ++at;
                continue;
            }
            noteGap(at);
            if (c == u'"')
                at = takeString(at);
            else if (c == u'{' || c == u'[')
                open(at++, c == u'[');
            else if (c == u'}' || c == u']')
                close(at++);
            else if (c == u',')
                comma(at++);
            else if (c == u':')
                colon(at++);
            else
                at = takeWord(at);
            m_gap = at;
        }
        noteGap(m_text.size() + 1);
        m_walk.isBalanced = m_frames.empty() && !m_unfinished && !m_walk.places.empty();
        return std::move(m_walk);
    }

private:
    enum class Expects : std::uint8_t { Key, Colon, Value, Comma };

    struct Frame
    {
        bool isArray = false;
        int index = 0;
        Expects expects = Expects::Key;
        QString path; ///< of the object or array
        QString key;
        TextRange keyRange;
        std::size_t place = 0;
    };

    QString valuePath() const
    {
        if (m_frames.empty())
            return {};
        const Frame& frame = m_frames.back();
        if (frame.isArray)
            return frame.path + QStringLiteral("[%1]").arg(frame.index);
        return frame.path.isEmpty() ? frame.key : QString(frame.path + u'.' + frame.key);
    }

    bool expectsKey() const { return !m_frames.empty() && m_frames.back().expects == Expects::Key; }
    bool expectsValue() const
    {
        return m_frames.empty() ? m_walk.places.empty() : m_frames.back().expects == Expects::Value;
    }

    /// The cursor may stand between two tokens, where nothing has been typed yet.
    void noteGap(qsizetype next)
    {
        if (m_walk.cursor || m_cursor < m_gap || m_cursor >= next)
            return;
        // Behind a word or a string it is that which goes on; see takeWord().
        if (expectsKey())
            m_walk.cursor
                = JsonCursor{ .path = m_frames.back().path, .isKey = true, .typed = { m_cursor, 0 } };
        else if (expectsValue())
            m_walk.cursor = JsonCursor{ .path = valuePath(), .isKey = false, .typed = { m_cursor, 0 } };
    }

    void noteCursor(TextRange typed, qsizetype reach, bool isQuoted, bool isClosed)
    {
        if (m_cursor < typed.start || m_cursor > reach || (!expectsKey() && !expectsValue()))
            return;
        m_walk.cursor = JsonCursor{ .path = expectsKey() ? m_frames.back().path : valuePath(),
            .isKey = expectsKey(),
            .typed = typed,
            .isQuoted = isQuoted,
            .isClosed = isClosed };
    }

    qsizetype takeString(qsizetype at)
    {
        qsizetype end = at + 1;
        while (end < m_text.size() && m_text[end] != u'"')
            end += m_text[end] == u'\\' ? 2 : 1;
        const bool closed = end < m_text.size();
        end = std::min(end, m_text.size());
        const TextRange inside{ at + 1, end - at - 1 };
        noteCursor(inside, end, true, closed);
        const TextRange whole{ at, end - at + (closed ? 1 : 0) };
        if (!closed)
            m_unfinished = true;
        take(whole, m_text.sliced(inside.start, inside.length).toString());
        return whole.end();
    }

    qsizetype takeWord(qsizetype at)
    {
        qsizetype end = at;
        while (
            end < m_text.size() && !m_text[end].isSpace() && !QStringView(u",:{}[]\"").contains(m_text[end]))
            ++end;
        noteCursor({ at, end - at }, end, false, false);
        take({ at, end - at }, m_text.sliced(at, end - at).toString());
        return end;
    }

    void take(TextRange range, const QString& text)
    {
        if (expectsKey()) {
            Frame& frame = m_frames.back();
            frame.key = text;
            frame.keyRange = range;
            frame.expects = Expects::Colon;
        } else if (expectsValue()) {
            place(range);
            valueEnds();
        }
    }

    std::size_t place(TextRange range)
    {
        m_walk.places.push_back({ .path = valuePath(),
            .key = m_frames.empty() ? TextRange() : m_frames.back().keyRange,
            .value = range });
        return m_walk.places.size() - 1;
    }

    void valueEnds()
    {
        if (!m_frames.empty())
            m_frames.back().expects = Expects::Comma;
    }

    void open(qsizetype at, bool isArray)
    {
        // A bracket in the place of a key, or after a value, is a mistake; what is in it has a place all the
        // same.
        const QString path = valuePath();
        const std::size_t number = place({ at, m_text.size() - at });
        m_frames.push_back({ .isArray = isArray,
            .index = 0,
            .expects = isArray ? Expects::Value : Expects::Key,
            .path = path,
            .key = {},
            .keyRange = {},
            .place = number });
    }

    void close(qsizetype at)
    {
        if (m_frames.empty()) {
            m_unfinished = true;
            return;
        }
        TextRange& range = m_walk.places[m_frames.back().place].value;
        range.length = at + 1 - range.start;
        m_frames.pop_back();
        valueEnds();
    }

    void comma(qsizetype /*at*/)
    {
        if (m_frames.empty())
            return;
        Frame& frame = m_frames.back();
        frame.keyRange = {};
        ++frame.index;
        frame.expects = frame.isArray ? Expects::Value : Expects::Key;
    }

    void colon(qsizetype /*at*/)
    {
        if (!m_frames.empty() && !m_frames.back().isArray)
            m_frames.back().expects = Expects::Value;
    }

    QStringView m_text;
    qsizetype m_cursor;
    qsizetype m_gap = 0; ///< behind the last token
    std::vector<Frame> m_frames;
    JsonWalk m_walk;
    bool m_unfinished = false;
};

} // namespace

JsonWalk walkJson(QStringView text, qsizetype cursor)
{
    return Walker(text, cursor).walk();
}

} // namespace cutover::ui
