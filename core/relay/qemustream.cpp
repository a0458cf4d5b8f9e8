// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/qemustream.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtEndian>

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

namespace {

constexpr qsizetype keptBytes = qsizetype{ 8 } << 20;
constexpr std::size_t marksAtMost = std::size_t{ 1 } << 16U;
constexpr qsizetype sectionsAtMost = 4096;
/// Each costs a search, and a stream made for it could ask for very many.
constexpr int vainSearchesAtMost = 16;
constexpr char fullSection = 0x04;
constexpr char footer = 0x7E;
constexpr qsizetype footerBytes = 5;
constexpr qsizetype descriptionHeadBytes = 5;

quint32 wordAt(const QByteArray& bytes, qsizetype at)
{
    return qFromBigEndian<quint32>(bytes.constData() + at);
}

QByteArray word(quint32 value)
{
    QByteArray bytes(sizeof value, Qt::Uninitialized);
    qToBigEndian(value, bytes.data());
    return bytes;
}

/// Where the description begins, with the JSON's "devices"; -1 = there is none.
std::pair<qsizetype, QJsonArray> findDescription(const QByteArray& kept)
{
    const QByteArray head{ QByteArrayLiteral("\0\x06") };
    int vain = 0;
    for (qsizetype at = kept.lastIndexOf(head); at >= 0; at = at > 0 ? kept.lastIndexOf(head, at - 1) : -1) {
        const qsizetype begin = at + 1;
        const qsizetype rest = kept.size() - begin - descriptionHeadBytes;
        if (rest <= 0 || wordAt(kept, begin + 1) != quint32(rest)
            || kept[begin + descriptionHeadBytes] != '{')
            continue;
        const auto json = QJsonDocument::fromJson(kept.sliced(begin + descriptionHeadBytes));
        if (json.isObject() && json[u"devices"].isArray())
            return { begin, json[u"devices"].toArray() };
        if (++vain == vainSearchesAtMost)
            break;
    }
    return { -1, {} };
}

/// The head of section \a name from \a from on, up to \a end; -1 = there is none. \a previous is the number
/// of the section before it, or -1.
qsizetype findHead(const QByteArray& kept, qsizetype from, qsizetype end, const QemuSection& section,
    std::optional<quint32> previous)
{
    const QByteArray identity = char(quint8(section.name.size())) + section.name + word(section.instance);
    for (qsizetype at = kept.indexOf(identity, from); at >= 0 && at < end;
        at = kept.indexOf(identity, at + 1)) {
        const qsizetype begin = at - footerBytes;
        if (begin < footerBytes || kept[begin] != fullSection || kept[begin - footerBytes] != footer)
            continue;
        if (!previous || wordAt(kept, begin - footerBytes + 1) == *previous)
            return begin;
    }
    return -1;
}

} // namespace

void QemuStreamTail::feed(std::span<const std::byte> bytes, qint64 timeNs)
{
    m_kept.append(reinterpret_cast<const char*>(bytes.data()), qsizetype(bytes.size()));
    if (m_kept.size() > keptBytes) {
        const qsizetype surplus = m_kept.size() - keptBytes / 2;
        m_kept.remove(0, surplus);
        m_dropped += surplus;
        std::erase_if(m_marks, [this](const Mark& mark) { return mark.end <= m_dropped; });
    }
    // The newer ones tell of the device sections.
    if (m_marks.size() >= marksAtMost)
        m_marks.erase(m_marks.begin(), m_marks.begin() + marksAtMost / 2);
    m_marks.push_back({ .end = m_dropped + m_kept.size(), .timeNs = timeNs });
}

qint64 QemuStreamTail::timeOf(qint64 offset) const
{
    const auto mark = std::ranges::upper_bound(m_marks, offset, {}, &Mark::end);
    return mark == m_marks.end() ? 0 : mark->timeNs;
}

QemuStream QemuStreamTail::analyze() const
{
    QemuStream result;
    const qint64 total = m_dropped + m_kept.size();
    result.iterativeBytes = total;
    const auto [end, devices] = findDescription(m_kept);
    if (end < 0) {
        result.problem = u"the stream does not end with its description"_s;
        return result;
    }
    result.descriptionBytes = m_kept.size() - end;
    result.iterativeBytes = m_dropped + end;
    qsizetype from = 0;
    qsizetype missing = 0;
    std::optional<quint32> previous;
    for (const QJsonValue& device : devices) {
        if (qsizetype(result.sections.size()) == sectionsAtMost) {
            result.problem = u"more than %1 sections"_s.arg(sectionsAtMost);
            break;
        }
        QemuSection section{ .name = device[u"name"].toString().toUtf8(),
            .instance = quint32(device[u"instance_id"].toInteger()) };
        const bool valid
            = !section.name.isEmpty() && section.name.size() <= 255 && missing < vainSearchesAtMost;
        const qsizetype at = valid ? findHead(m_kept, from, end, section, previous) : -1;
        if (at >= 0) {
            section.offset = m_dropped + at;
            section.beginNs = timeOf(section.offset);
            previous = wordAt(m_kept, at + 1);
            from = at + footerBytes + 1 + section.name.size();
        } else {
            ++missing;
            previous.reset();
        }
        result.sections.push_back(std::move(section));
    }
    qint64 next = m_dropped + end - 1; // before the end-of-stream byte
    for (QemuSection& section : result.sections | std::views::reverse) {
        if (section.offset < 0)
            continue;
        section.bytes = next - section.offset;
        section.endNs = timeOf(next - 1);
        next = section.offset;
    }
    if (missing < qsizetype(result.sections.size()))
        result.iterativeBytes = next;
    if (missing > 0 && result.problem.isEmpty())
        result.problem = u"%1 of %2 sections were not found"_s.arg(missing).arg(result.sections.size());
    return result;
}

} // namespace cutover::relay
