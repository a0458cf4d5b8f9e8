// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "relay/watch.h"

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace cutover::relay {

using timeline::Category;
using timeline::Event;

/// Of the sections of one direction; the rest is counted.
static constexpr std::size_t sectionsToldAtMost = 512;

static Side sideOf(End end)
{
    return end == End::Source ? Side::Source : Side::Destination;
}

Watch::Watch(Channel channel, int connection, FdInspector& inspector)
    : m_channel(channel)
    , m_connection(connection)
    , m_inspector(inspector)
{
}

QJsonObject Watch::attributes() const
{
    QJsonObject result{ { u"channel"_s, channelId(m_channel) } };
    if (m_connection > 0)
        result.insert(u"connection"_s, m_connection);
    return result;
}

void Watch::tell(Side side, qint64 timeNs, const QString& name, const QJsonObject& more)
{
    QJsonObject all = attributes();
    for (auto each = more.begin(); each != more.end(); ++each)
        all.insert(each.key(), each.value());
    m_events.push_back(
        { .side = side, .timeNs = timeNs, .category = Category::Relay, .name = name, .attributes = all });
}

void Watch::inspect(PassedFd passed, UniqueFd fd)
{
    passed.channel = m_channel;
    m_inspector.add(passed, std::move(fd));
}

QJsonObject Watch::closing(const Link& link) const
{
    const auto by = link.closedBy();
    return { { u"by"_s, by ? sideId(sideOf(*by)) : u"relay"_s }, { u"bytesForth"_s, link.bytes(End::Source) },
        { u"bytesBack"_s, link.bytes(End::Destination) },
        { u"descriptors"_s, qint64(link.fds(End::Source) + link.fds(End::Destination)) } };
}

CprWatch::CprWatch(int connection, FdInspector& inspector)
    : Watch(Channel::Cpr, connection, inspector)
{
}

void CprWatch::passed(End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs)
{
    if (from == End::Destination) {
        if (!std::exchange(m_damageTold, true))
            tell(Side::Destination, timeNs, u"damaged"_s,
                { { u"offset"_s, 0 }, { u"cause"_s, u"the destination writes to the CPR channel"_s } });
        return;
    }
    const auto decoded = m_decoder.feed(bytes, std::move(fds));
    for (cpr::Entry& entry : m_decoder.takeEntries())
        inspect({ .name = entry.name, .id = entry.id, .offset = entry.fdOffset, .timeNs = timeNs },
            std::move(entry.fd));
    report(decoded, timeNs);
}

void CprWatch::report(const Result<void>& decoded, qint64 timeNs)
{
    const auto& duplicates = m_decoder.duplicates();
    for (; m_duplicatesTold < duplicates.size(); ++m_duplicatesTold) {
        const auto& each = duplicates[m_duplicatesTold];
        tell(Side::Source, timeNs, u"duplicate"_s,
            { { u"name"_s, cpr::displayName(each.name) }, { u"id"_s, each.id },
                { u"offset"_s, each.offset } });
    }
    if (!decoded && !std::exchange(m_damageTold, true))
        tell(Side::Source, timeNs, u"damaged"_s,
            { { u"offset"_s, m_decoder.errorOffset().value_or(0) },
                { u"cause"_s, decoded.error().message() } });
}

void CprWatch::halfClosed(End from, bool closed, qint64 timeNs)
{
    if (from == End::Source) {
        const auto whole = m_decoder.finish();
        if (!m_damageTold)
            report(whole, timeNs);
    }
    if (!closed)
        tell(sideOf(from), timeNs, u"half-closed"_s);
}

void CprWatch::ended(const Link& link, qint64 timeNs)
{
    QJsonObject more = closing(link);
    more.insert(u"complete"_s, m_decoder.isFinished());
    more.insert(u"entries"_s, qint64(m_decoder.entriesDecoded()));
    more.insert(u"unclaimed"_s, qint64(m_decoder.unclaimed()));
    tell(Side::Channel, timeNs, u"closed"_s, more);
}

MainWatch::MainWatch(int connection, FdInspector& inspector)
    : Watch(Channel::Main, connection, inspector)
{
}

void MainWatch::passed(End from, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs)
{
    Stream& stream = m_streams[std::size_t(from)];
    if (stream.format == Format::Undecided)
        decide(stream, bytes);
    follow(from, stream, bytes, std::move(fds), timeNs);
    stream.bytes += qint64(bytes.size());
}

void MainWatch::decide(Stream& stream, std::span<const std::byte> bytes)
{
    static constexpr QByteArrayView qemu("QEVM");
    static constexpr QByteArrayView engine("CUTOVMIG");
    stream.beginning.append(reinterpret_cast<const char*>(bytes.data()),
        qsizetype(std::min(bytes.size(), std::size_t(engine.size()))));
    const auto beginsLike = [&](QByteArrayView magic) {
        const auto common = std::min(magic.size(), stream.beginning.size());
        return QByteArrayView(stream.beginning).first(common) == magic.first(common);
    };
    // Undecided as long as it may be either: both are fed until then.
    if (!beginsLike(qemu) && !beginsLike(engine))
        stream.format = Format::Other;
    else if (stream.beginning.size() >= qemu.size())
        stream.format = beginsLike(qemu) ? Format::Qemu : Format::Engine;
}

void MainWatch::follow(
    End from, Stream& stream, std::span<const std::byte> bytes, std::vector<UniqueFd> fds, qint64 timeNs)
{
    const bool named = stream.format == Format::Engine || stream.format == Format::Undecided;
    if (!named) {
        for (UniqueFd& fd : fds)
            inspect({ .id = stream.fds++, .offset = stream.bytes, .timeNs = timeNs }, std::move(fd));
        fds.clear();
    }
    if (stream.format == Format::Qemu || stream.format == Format::Undecided)
        stream.tail.feed(bytes, timeNs);
    if (named) {
        stream.sections.feed(bytes, std::move(fds), timeNs);
        tellSections(from, stream, timeNs);
    }
}

void MainWatch::tellSections(End from, Stream& stream, qint64 timeNs)
{
    for (SeenSection& section : stream.sections.take()) {
        for (SeenSection::Fd& fd : section.fds)
            inspect({ .name = fd.name, .id = fd.id, .offset = section.offset, .timeNs = section.endNs },
                std::move(fd.fd));
        if (stream.told++ >= sectionsToldAtMost)
            continue;
        tell(sideOf(from), section.beginNs, u"section"_s,
            { { u"name"_s, QString::fromLatin1(section.device) }, { u"instance"_s, qint64(section.instance) },
                { u"version"_s, qint64(section.version) }, { u"offset"_s, section.offset },
                { u"bytes"_s, section.bytes }, { u"endNs"_s, section.endNs },
                { u"fds"_s, qint64(section.announcedFds) } });
    }
    const auto& error = stream.sections.error();
    if (stream.format == Format::Engine && error && !std::exchange(stream.damageTold, true))
        tell(sideOf(from), timeNs, u"damaged"_s,
            { { u"offset"_s, stream.sections.errorOffset() }, { u"cause"_s, error->message() } });
}

void MainWatch::halfClosed(End from, bool closed, qint64 timeNs)
{
    if (!closed)
        tell(sideOf(from), timeNs, u"half-closed"_s);
}

QJsonObject MainWatch::tellQemuSections(const Stream& stream)
{
    const QemuStream found = stream.tail.analyze();
    std::size_t told = 0;
    for (const QemuSection& section : found.sections) {
        if (section.offset < 0 || told++ >= sectionsToldAtMost)
            continue;
        tell(Side::Source, section.beginNs, u"section"_s,
            { { u"name"_s, cpr::displayName(section.name) }, { u"instance"_s, qint64(section.instance) },
                { u"offset"_s, section.offset }, { u"bytes"_s, section.bytes },
                { u"endNs"_s, section.endNs } });
    }
    return { { u"sectionsForth"_s, qint64(found.sections.size()) },
        { u"iterativeBytes"_s, found.iterativeBytes }, { u"descriptionBytes"_s, found.descriptionBytes },
        { u"problem"_s, found.problem } };
}

void MainWatch::ended(const Link& link, qint64 timeNs)
{
    const Stream& forth = m_streams[std::size_t(End::Source)];
    const Stream& back = m_streams[std::size_t(End::Destination)];
    QJsonObject more = closing(link);
    if (forth.format == Format::Qemu) {
        const QJsonObject found = tellQemuSections(forth);
        for (auto each = found.begin(); each != found.end(); ++each)
            more.insert(each.key(), each.value());
        more.insert(u"format"_s, u"qemu"_s);
    } else if (forth.format == Format::Engine) {
        more.insert(u"format"_s, u"cutover"_s);
        more.insert(u"sectionsForth"_s, qint64(forth.sections.sectionCount()));
        more.insert(u"sectionsBack"_s, qint64(back.sections.sectionCount()));
        more.insert(u"unclaimed"_s, qint64(forth.sections.waitingFds() + back.sections.waitingFds()));
        if (!forth.sections.atBoundary() && !forth.sections.error())
            more.insert(u"problem"_s, u"it ended in the middle of a section"_s);
    }
    tell(Side::Channel, timeNs, u"closed"_s, more);
}

static void insertProof(QJsonObject& attributes, const fdpass::IdentityProof& proof)
{
    attributes.insert(u"identity"_s, fdpass::identityId(proof.identity));
    attributes.insert(u"method"_s, fdpass::identityMethodId(proof.method));
    if (!proof.text.isEmpty())
        attributes.insert(u"proof"_s, proof.text);
}

static QJsonObject keyOf(const PassedFd& fd)
{
    return { { u"channel"_s, channelId(fd.channel) }, { u"name"_s, cpr::displayName(fd.name) },
        { u"id"_s, fd.id } };
}

Event toEvent(const InspectedFd& fd)
{
    QJsonObject attributes = keyOf(fd);
    attributes.insert(u"offset"_s, fd.offset);
    if (fd.description) {
        attributes.insert(u"kind"_s, fdpass::fdKindId(fd.description->kind));
        attributes.insert(u"text"_s, fd.description->text);
        // They need not fit a JSON number.
        attributes.insert(u"device"_s, QString::number(fd.description->device));
        attributes.insert(u"inode"_s, QString::number(fd.description->inode));
        if (fd.description->size >= 0)
            attributes.insert(u"size"_s, fd.description->size);
    }
    if (fd.atSource.fd >= 0)
        attributes.insert(u"sourceFd"_s, fd.atSource.fd);
    insertProof(attributes, fd.atSource.proof);
    return { .side = Side::Channel,
        .timeNs = fd.timeNs,
        .category = Category::Relay,
        .name = u"fd"_s,
        .attributes = attributes };
}

Event toEvent(const InspectedFd& fd, const ArrivedFd& arrived, qint64 timeNs)
{
    QJsonObject attributes = keyOf(fd);
    if (arrived.atDestination.fd >= 0)
        attributes.insert(u"destinationFd"_s, arrived.atDestination.fd);
    insertProof(attributes, arrived.atDestination.proof);
    return { .side = Side::Destination,
        .timeNs = timeNs,
        .category = Category::Relay,
        .name = u"arrived"_s,
        .attributes = attributes };
}

} // namespace cutover::relay
