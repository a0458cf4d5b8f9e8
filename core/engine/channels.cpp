// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "engine/channels.h"

#include "engine/loopback.h"
#include "engine/optiontext.h"

#include <QSet>

#include <algorithm>

namespace cutover::engine {

using namespace Qt::StringLiterals;

namespace {

std::unexpected<Error> refuse(const QString& attempt, const QString& object, const QString& cause,
    ErrorCode code = ErrorCode::InvalidArgument)
{
    return failure(code, attempt, object, cause);
}

Result<ChannelAddress> unixAddress(const QString& path, const QString& attempt)
{
    if (path.isEmpty())
        return refuse(attempt, u"unix:"_s, u"the path of the socket is missing"_s);
    if (path.contains(QChar::Null))
        return refuse(attempt, u"unix:"_s, u"the path contains a NUL"_s);
    return ChannelAddress{ .transport = Transport::Unix, .path = path };
}

Result<ChannelAddress> inetAddress(const QString& host, const QString& port, const QString& attempt)
{
    const QString object = u"tcp:%1:%2"_s.arg(host, port);
    const auto number = parseInteger(port);
    if (!number || *number < 0 || *number > 65535)
        return refuse(attempt, object, u"the port is not a number from 0 to 65535"_s);
    if (!host.isEmpty() && !loopbackAddress(host, 0)) {
        return refuse(attempt, object,
            u"'%1' is not a loopback address; both VMMs run on one host"_s.arg(host), ErrorCode::Unsupported);
    }
    return ChannelAddress{
        .transport = Transport::Inet, .host = host.isEmpty() ? u"localhost"_s : host, .port = quint16(*number)
    };
}

Result<ChannelAddress> fdAddress(const QString& name, const QString& attempt)
{
    if (name.isEmpty())
        return refuse(attempt, u"fd:"_s, u"the number or name of the descriptor is missing"_s);
    return ChannelAddress{ .transport = Transport::Fd, .fd = name };
}

/// A string member; \a attempt and \a owner begin the error.
Result<QString> text(const QJsonObject& object, const QString& key, const QString& attempt)
{
    if (!object[key].isString())
        return refuse(attempt, key, u"the address has no such string"_s);
    return object[key].toString();
}

Result<void> onlyKeys(
    const QJsonObject& object, std::initializer_list<QStringView> keys, const QString& attempt)
{
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (std::ranges::find(keys, QStringView(it.key())) == keys.end())
            return refuse(attempt, it.key(), u"no such key is expected here"_s);
    }
    return {};
}

Result<void> addChannel(
    Channels& channels, const QString& type, const ChannelAddress& address, const QString& attempt)
{
    if (type != u"main" && type != u"cpr")
        return refuse(attempt, type, u"there is no such channel type; known are main and cpr"_s);
    std::optional<ChannelAddress>& channel = type == u"main" ? channels.main : channels.cpr;
    if (channel)
        return refuse(attempt, type, u"the channel was given twice"_s);
    channel = address;
    return {};
}

Result<void> addChannel(Channels& channels, const QJsonObject& entry, const QString& attempt)
{
    if (auto known = onlyKeys(entry, { u"channel-type", u"addr" }, attempt); !known)
        return known;
    const auto type = text(entry, u"channel-type"_s, attempt);
    if (!type)
        return std::unexpected(type.error());
    if (!entry[u"addr"].isObject())
        return refuse(attempt, *type, u"the channel has no 'addr'"_s);
    const auto address = parseAddress(entry[u"addr"].toObject(), attempt);
    if (!address)
        return std::unexpected(address.error());
    return addChannel(channels, *type, *address, attempt);
}

/// "cpr,addr.transport=socket,addr.type=unix,addr.path=PATH"
Result<void> addDotted(Channels& channels, const QString& argument, const QString& attempt)
{
    QString type;
    QJsonObject address;
    QSet<QString> seen;
    for (const OptionItem& item : splitOption(argument)) {
        const QString key
            = item.key.isEmpty() && type.isEmpty() && seen.isEmpty() ? u"channel-type"_s : item.key;
        if (key.isEmpty())
            return refuse(attempt, item.value, u"it has not the form key=value"_s);
        if (seen.contains(key))
            return refuse(attempt, key, u"the key was given twice"_s);
        seen.insert(key);
        if (key == u"channel-type")
            type = item.value;
        else if (key.startsWith(u"addr."))
            address[key.sliced(5)] = item.value;
        else
            return refuse(attempt, key, u"no such key is expected here"_s);
    }
    const auto parsed = parseAddress(address, attempt);
    if (!parsed)
        return std::unexpected(parsed.error());
    return addChannel(channels, type, *parsed, attempt);
}

bool isDotted(const QString& argument)
{
    return argument.startsWith(u"main,") || argument.startsWith(u"cpr,")
        || argument.startsWith(u"channel-type=");
}

Result<void> addIncoming(Incoming& incoming, const QString& argument)
{
    const QString attempt = u"use -incoming"_s;
    if (argument.startsWith(u"config:")) {
        if (incoming.config) {
            return failure(ErrorCode::InvalidArgument, attempt, argument, u"config: was given before"_s,
                u"Put all parameters into one -incoming config: option."_s);
        }
        incoming.config = argument.sliced(7);
        return {};
    }
    const bool hadMain = incoming.channels.main.has_value();
    if (argument == u"defer") {
        if (incoming.defer)
            return refuse(attempt, argument, u"it was given twice"_s);
        incoming.defer = true;
    } else if (isJsonOption(argument)) {
        const auto entry = parseJsonOption(argument, attempt);
        if (!entry)
            return std::unexpected(entry.error());
        if (auto added = addChannel(incoming.channels, *entry, attempt); !added)
            return added;
    } else if (isDotted(argument)) {
        if (auto added = addDotted(incoming.channels, argument, attempt); !added)
            return added;
    } else {
        const auto address = parseUri(argument, attempt);
        if (!address)
            return std::unexpected(address.error());
        if (auto added = addChannel(incoming.channels, u"main"_s, *address, attempt); !added)
            return added;
    }
    if (incoming.defer && incoming.channels.main) {
        return refuse(attempt, argument,
            hadMain ? u"a main channel was given before, it cannot be deferred"_s
                    : u"the main channel was deferred before"_s);
    }
    return {};
}

} // namespace

QString ChannelAddress::text() const
{
    switch (transport) {
    case Transport::Unix:
        return u"unix:"_s + path;
    case Transport::Inet:
        return u"tcp:"_s + (host.contains(u':') ? u'[' + host + u']' : host) + u':' + QString::number(port);
    case Transport::Fd:
        return u"fd:"_s + fd;
    }
    return {};
}

QJsonObject ChannelAddress::toSocketAddress() const
{
    switch (transport) {
    case Transport::Unix:
        return { { u"type"_s, u"unix"_s }, { u"path"_s, path } };
    case Transport::Inet:
        return { { u"type"_s, u"inet"_s }, { u"host"_s, host }, { u"port"_s, QString::number(port) } };
    case Transport::Fd:
        return { { u"type"_s, u"fd"_s }, { u"str"_s, fd } };
    }
    return {};
}

QJsonObject ChannelAddress::toJson() const
{
    QJsonObject address = toSocketAddress();
    address[u"transport"_s] = u"socket"_s;
    return address;
}

Result<ChannelAddress> parseUri(const QString& uri, const QString& attempt)
{
    if (uri.startsWith(u"unix:"))
        return unixAddress(uri.sliced(5), attempt);
    if (uri.startsWith(u"fd:"))
        return fdAddress(uri.sliced(3), attempt);
    if (uri.startsWith(u"tcp:")) {
        const QString rest = uri.sliced(4);
        const auto colon = rest.lastIndexOf(u':');
        if (colon < 0)
            return refuse(attempt, uri, u"it has not the form tcp:HOST:PORT"_s);
        QString host = rest.first(colon);
        if (host.startsWith(u'[') && host.endsWith(u']'))
            host = host.sliced(1, host.size() - 2);
        return inetAddress(host, rest.sliced(colon + 1), attempt);
    }
    for (const QStringView scheme : { u"exec:", u"file:", u"rdma:", u"vsock:" }) {
        if (uri.startsWith(scheme))
            return refuse(attempt, uri, u"this VMM does not have the transport '%1'"_s.arg(scheme.chopped(1)),
                ErrorCode::Unsupported);
    }
    return refuse(attempt, uri, u"it is none of unix:PATH, tcp:HOST:PORT and fd:NAME"_s);
}

Result<ChannelAddress> parseAddress(const QJsonObject& address, const QString& attempt)
{
    const auto transport = text(address, u"transport"_s, attempt);
    if (!transport)
        return std::unexpected(transport.error());
    if (*transport == u"exec" || *transport == u"rdma" || *transport == u"file")
        return refuse(attempt, *transport, u"this VMM does not have the transport"_s, ErrorCode::Unsupported);
    if (*transport != u"socket")
        return refuse(attempt, *transport, u"there is no such transport; known is socket"_s);
    const auto type = text(address, u"type"_s, attempt);
    if (!type)
        return std::unexpected(type.error());
    const auto member = [&](std::initializer_list<QStringView> keys, const QString& key) -> Result<QString> {
        if (auto known = onlyKeys(address, keys, attempt); !known)
            return std::unexpected(known.error());
        return text(address, key, attempt);
    };
    const auto with = [&](const Result<QString>& value, auto make) -> Result<ChannelAddress> {
        if (!value)
            return std::unexpected(value.error());
        return make(*value, attempt);
    };
    if (*type == u"unix")
        return with(member({ u"transport", u"type", u"path" }, u"path"_s), unixAddress);
    if (*type == u"fd")
        return with(member({ u"transport", u"type", u"str" }, u"str"_s), fdAddress);
    if (*type == u"inet") {
        const auto host = member({ u"transport", u"type", u"host", u"port" }, u"host"_s);
        if (!host)
            return std::unexpected(host.error());
        const auto port = text(address, u"port"_s, attempt);
        if (!port)
            return std::unexpected(port.error());
        return inetAddress(*host, *port, attempt);
    }
    if (*type == u"vsock")
        return refuse(attempt, *type, u"this VMM does not have the socket type"_s, ErrorCode::Unsupported);
    return refuse(attempt, *type, u"there is no such socket type; known are unix, inet and fd"_s);
}

Result<Channels> parseChannels(const QJsonObject& arguments, const QString& attempt)
{
    const bool hasUri = arguments.contains(u"uri");
    if (hasUri == arguments.contains(u"channels")) {
        return refuse(attempt, {},
            hasUri ? u"'uri' and 'channels' exclude each other"_s
                   : u"one of 'uri' and 'channels' is needed"_s);
    }
    Channels channels;
    if (hasUri) {
        if (!arguments[u"uri"].isString())
            return refuse(attempt, u"uri"_s, u"it is not a string"_s);
        const auto address = parseUri(arguments[u"uri"].toString(), attempt);
        if (!address)
            return std::unexpected(address.error());
        channels.main = *address;
        return channels;
    }
    if (!arguments[u"channels"].isArray())
        return refuse(attempt, u"channels"_s, u"it is not a list"_s);
    const QJsonArray entries = arguments[u"channels"].toArray();
    for (const QJsonValue entry : entries) {
        if (!entry.isObject())
            return refuse(attempt, u"channels"_s, u"an entry is not an object"_s);
        if (auto added = addChannel(channels, entry.toObject(), attempt); !added)
            return std::unexpected(added.error());
    }
    return channels;
}

Result<Incoming> parseIncoming(const QStringList& arguments)
{
    Incoming incoming;
    for (const QString& argument : arguments) {
        if (auto added = addIncoming(incoming, argument); !added)
            return std::unexpected(added.error());
    }
    return incoming;
}

} // namespace cutover::engine
