// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "operator/factscollector.h"

#include "base/process.h"
#include "operator/fdinventory.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QStandardPaths>
#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>

namespace cutover::op {

using namespace Qt::StringLiterals;

namespace {

/// The children of a qom-list answer that a user can create: other entries are plain properties, and QEMU 11
/// keeps its own monitors beside the objects.
std::vector<NamedItem> childrenOf(const QJsonValue& list)
{
    std::vector<NamedItem> items;
    for (const QJsonValue& entry : list.toArray()) {
        const QString type = entry[u"type"].toString();
        if (type.startsWith(u"child<") && type.endsWith(u'>') && !type.startsWith(u"child<monitor-"))
            items.push_back({ .id = entry[u"name"].toString(), .type = type.sliced(6).chopped(1) });
    }
    return items;
}

QStringList strings(const QJsonValue& array)
{
    QStringList list;
    for (const QJsonValue& value : array.toArray())
        list << value.toString();
    return list;
}

bool mayChangeMode(const Facts& facts)
{
    static const QStringList idle{ u"none"_s, u"completed"_s, u"failed"_s, u"cancelled"_s };
    return idle.contains(facts.migrationStatus);
}

} // namespace

FactsCollector::FactsCollector(qmp::Client* client, CollectOptions options, QObject* parent)
    : QObject(parent)
    , m_client(client)
    , m_options(std::move(options))
{
}

void FactsCollector::start()
{
    if (!m_client || m_client->state() != qmp::Client::State::Ready) {
        const Error error
            = failure(ErrorCode::Disconnected, u"ask the VMM"_s, {}, u"its monitor is not connected"_s)
                  .error();
        QTimer::singleShot(0, this, [this, error] { fail(error); });
        return;
    }
    const qmp::Greeting& greeting = m_client->greeting();
    m_facts.address = m_client->address();
    m_facts.monitorUsable = true;
    m_facts.version = { .major = greeting.major, .minor = greeting.minor, .micro = greeting.micro };
    m_facts.package = greeting.package;
    const ProcFs proc(m_options.procRoot);
    std::optional<pid_t> pid = m_options.pid;
    if (!pid) {
        if (const auto peer = m_client->peerCredentials(); peer && peer->pid > 0)
            pid = peer->pid;
    }
    if (pid) {
        if (const auto process = collectProcess(*pid, proc))
            m_facts.process = *process;
    }
    m_facts.availableMemory = proc.availableMemory().value_or(-1);
    askAll();
}

void FactsCollector::ask(
    const QString& command, const QJsonObject& arguments, std::function<void(const QJsonValue&)> handler)
{
    if (!m_client)
        return;
    ++m_pending;
    const QPointer<FactsCollector> self(this);
    m_client->call(command, arguments,
        [self, command, arguments, handler = std::move(handler)](const Result<QJsonValue>& reply) {
            if (!self || self->m_ended)
                return;
            --self->m_pending;
            if (reply) {
                if (handler)
                    handler(*reply);
            } else if (reply.error().code == ErrorCode::Remote) {
                QStringList what{ command };
                for (const QJsonValue& argument : arguments)
                    what << argument.toVariant().toString();
                self->m_facts.notOffered << what.join(u' ').trimmed();
            } else {
                self->fail(reply.error());
                return;
            }
            if (self->m_pending == 0)
                self->settled();
        });
}

void FactsCollector::ask(const QString& command, Handler handler)
{
    ask(command, {}, [this, handler](const QJsonValue& value) { (this->*handler)(value); });
}

void FactsCollector::askProperty(
    const QString& path, const QString& property, std::function<void(const QJsonValue&)> handler)
{
    ask(u"qom-get"_s, { { u"path"_s, path }, { u"property"_s, property } }, std::move(handler));
}

void FactsCollector::askAll()
{
    m_stage = 1;
    ask(u"query-qmp-schema"_s, &FactsCollector::readSchema);
    ask(u"query-status"_s, {}, [this](const QJsonValue& v) { m_facts.runState = v[u"status"].toString(); });
    ask(u"query-migrate"_s, &FactsCollector::readMigration);
    ask(u"query-migrate-capabilities"_s, &FactsCollector::readCapabilities);
    ask(u"query-migrate-parameters"_s, {},
        [this](const QJsonValue& v) { m_facts.parameters = v.toObject(); });
    ask(u"query-name"_s, {}, [this](const QJsonValue& v) { m_facts.name = v[u"name"].toString(); });
    ask(u"query-memory-size-summary"_s, {}, [this](const QJsonValue& v) {
        m_facts.ramSize = v[u"base-memory"].toInteger() + v[u"plugged-memory"].toInteger();
    });
    ask(u"query-memdev"_s, &FactsCollector::readMemoryBackends);
    ask(u"query-named-block-nodes"_s, { { u"flat"_s, true } },
        [this](const QJsonValue& v) { readBlockNodes(v); });
    ask(u"query-chardev"_s, &FactsCollector::readCharacterDevices);
    ask(u"x-query-ramblock"_s, {},
        [this](const QJsonValue& v) { m_facts.ramBlocks = v[u"human-readable-text"].toString(); });
    ask(u"qom-list"_s, { { u"path"_s, u"/objects"_s } },
        [this](const QJsonValue& v) { m_facts.objects = childrenOf(v); });
    ask(u"qom-list"_s, { { u"path"_s, u"/machine/peripheral"_s } },
        [this](const QJsonValue& v) { m_facts.peripherals = childrenOf(v); });
    askProperty(u"/machine"_s, u"type"_s, [this](const QJsonValue& v) {
        m_facts.machineType = v.toString();
        if (m_facts.machineType.endsWith(u"-machine"))
            m_facts.machineType.chop(8);
    });
    askProperty(u"/machine"_s, u"aux-ram-share"_s, [this](const QJsonValue& v) {
        if (v.isBool())
            m_facts.auxRamShare = v.toBool();
    });
    askProperty(u"/machine"_s, u"memory-backend"_s,
        [this](const QJsonValue& v) { m_facts.memoryBackendId = v.toString().section(u'/', -1); });
    askProperty(u"/machine"_s, u"confidential-guest-support"_s,
        [this](const QJsonValue& v) { m_facts.confidentialGuest = !v.toString().isEmpty(); });
}

void FactsCollector::askDetails()
{
    m_stage = 2;
    for (std::size_t index = 0; index < m_facts.memoryBackends.size(); ++index) {
        MemoryBackendFacts& backend = m_facts.memoryBackends[index];
        const std::vector<NamedItem> objects = m_facts.objects.value_or(std::vector<NamedItem>());
        const auto object = std::ranges::find(objects, backend.id, &NamedItem::id);
        if (object != objects.end())
            backend.type = object->type;
        const QString path = u"/objects/"_s + backend.id;
        if (backend.type == u"memory-backend-file")
            askProperty(path, u"mem-path"_s,
                [this, index](const QJsonValue& v) { m_facts.memoryBackends[index].path = v.toString(); });
        if (!backend.share)
            askProperty(path, u"share"_s, [this, index](const QJsonValue& v) {
                if (v.isBool())
                    m_facts.memoryBackends[index].share = v.toBool();
            });
    }
    askFds();
}

void FactsCollector::askFds()
{
    if (!m_facts.schema)
        return;
    if (m_facts.schema->hasCommand(u"query-cpr-fds"_s))
        ask(u"query-cpr-fds"_s, {}, [this](const QJsonValue& v) { m_facts.cprFds = v.toArray(); });
    if (m_facts.schema->hasCommand(u"x-query-migrate-provenance"_s))
        ask(u"x-query-migrate-provenance"_s, {},
            [this](const QJsonValue& v) { m_facts.parameterProvenance = v[u"parameters"].toArray(); });
    const QString property = globalSwitchName(m_facts);
    // Without the operator's switch no device has one of its own.
    if (property.isEmpty())
        return;
    const auto askSwitch = [&](const QString& path) {
        askProperty(path, property, [this, path](const QJsonValue& v) {
            if (v.isBool())
                m_facts.deviceSwitches.insert(path, v.toBool());
        });
    };
    for (const NamedItem& item : m_facts.objects.value_or(std::vector<NamedItem>())) {
        if (item.type.startsWith(u"memory-backend-"))
            askSwitch(u"/objects/"_s + item.id);
    }
    for (const NamedItem& item : m_facts.peripherals.value_or(std::vector<NamedItem>()))
        askSwitch(u"/machine/peripheral/"_s + item.id);
}

void FactsCollector::askBlockers()
{
    m_stage = 3;
    const QString current = m_facts.parameters.value(u"mode").toString(u"normal"_s);
    m_facts.blockedReasonsMode = current;
    if (m_options.mode.isEmpty() || m_options.mode == current || !m_facts.modes.contains(m_options.mode)
        || !mayChangeMode(m_facts))
        return;
    m_facts.blockedReasons.reset();
    m_facts.blockedReasonsMode = m_options.mode;
    const QString change = u"migrate-set-parameters"_s;
    ask(change, { { u"mode"_s, m_options.mode } }, {});
    ask(u"query-migrate"_s, {}, [this](const QJsonValue& v) {
        // If the mode was not accepted, these are the reasons of another mode.
        if (!m_facts.notOffered.contains(u"migrate-set-parameters "_s + m_options.mode))
            m_facts.blockedReasons = strings(v[u"blocked-reasons"]);
    });
    ask(change, { { u"mode"_s, current } }, {});
}

void FactsCollector::settled()
{
    while (m_pending == 0 && !m_ended) {
        if (m_stage == 1) {
            askDetails();
        } else if (m_stage == 2) {
            askBlockers();
        } else {
            m_ended = true;
            Q_EMIT finished(m_facts);
            return;
        }
    }
}

void FactsCollector::fail(const Error& error)
{
    if (m_ended)
        return;
    m_ended = true;
    Q_EMIT failed(error);
}

void FactsCollector::readSchema(const QJsonValue& value)
{
    const Result<qmp::Schema> schema = qmp::Schema::parse(value.toArray());
    if (!schema) {
        m_facts.notOffered << u"query-qmp-schema"_s;
        return;
    }
    m_facts.modes = schema->enumValues(u"migrate-set-parameters.mode"_s);
    m_facts.offersChannels = schema->hasArgument(u"migrate"_s, u"channels"_s);
    m_facts.schema = *schema;
}

void FactsCollector::readMigration(const QJsonValue& value)
{
    m_facts.migrationStatus = value[u"status"].toString(u"none"_s);
    m_facts.migrationError = value[u"error-desc"].toString();
    m_facts.blockedReasons = strings(value[u"blocked-reasons"]);
}

void FactsCollector::readCapabilities(const QJsonValue& value)
{
    for (const QJsonValue& entry : value.toArray())
        m_facts.capabilities.insert(entry[u"capability"].toString(), entry[u"state"].toBool());
}

void FactsCollector::readBlockNodes(const QJsonValue& value)
{
    for (const QJsonValue& node : value.toArray())
        m_facts.blockNodes.push_back({ .nodeName = node[u"node-name"].toString(),
            .driver = node[u"drv"].toString(),
            .file = node[u"file"].toString(),
            .writable = !node[u"ro"].toBool() });
}

void FactsCollector::readCharacterDevices(const QJsonValue& value)
{
    for (const QJsonValue& device : value.toArray())
        m_facts.characterDevices << device[u"label"].toString();
}

void FactsCollector::readMemoryBackends(const QJsonValue& value)
{
    for (const QJsonValue& backend : value.toArray()) {
        const QJsonValue share = backend[u"share"];
        m_facts.memoryBackends.push_back({ .id = backend[u"id"].toString(),
            .type = {},
            .size = backend[u"size"].toInteger(-1),
            .share = share.isBool() ? std::optional(share.toBool()) : std::nullopt,
            .path = {} });
    }
}

namespace {

void readVersion(int fd, BinaryFacts& facts)
{
    QByteArray text(4096, '\0');
    const ssize_t size = ::pread(fd, text.data(), std::size_t(text.size()), 0);
    text.truncate(std::max<ssize_t>(size, 0));
    facts.versionText = QString::fromUtf8(text).section(u'\n', 0, 0).trimmed();
    facts.version = Version::parse(facts.versionText);
}

} // namespace

void probeBinary(const QString& program, QObject* context,
    std::function<void(const BinaryFacts&)>
        done, // NOLINT(performance-unnecessary-value-param): kept by the timer
    int timeoutMs)
{
    BinaryFacts facts;
    facts.path = program.contains(u'/') ? QFileInfo(program).absoluteFilePath()
                                        : QStandardPaths::findExecutable(program);
    const QFileInfo info(facts.path);
    facts.exists = !facts.path.isEmpty() && info.exists();
    facts.executable = facts.exists && info.isFile() && info.isExecutable();
    if (facts.path.isEmpty())
        facts.path = program;
    const auto answerLater = [&] { QTimer::singleShot(0, context, [done, facts] { done(facts); }); };
    if (!facts.executable) {
        answerLater();
        return;
    }
    const auto output = std::make_shared<UniqueFd>(UniqueFd::adopt(::memfd_create("version", MFD_CLOEXEC)));
    SpawnOptions options;
    options.argv = { facts.path, u"-version"_s };
    if (auto copy = output->duplicate())
        options.stdoutFd = std::move(*copy);
    Result<std::unique_ptr<ChildProcess>> spawned = ChildProcess::spawn(options);
    if (!spawned) {
        facts.executable = false;
        answerLater();
        return;
    }
    ChildProcess* child = spawned->release();
    child->setParent(context);
    QTimer::singleShot(timeoutMs, child, [child] { std::ignore = child->kill(); });
    QObject::connect(child, &ChildProcess::exited, context, [child, output, facts, done]() mutable {
        readVersion(output->get(), facts);
        child->deleteLater();
        done(facts);
    });
}

} // namespace cutover::op
