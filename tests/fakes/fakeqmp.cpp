// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "fakes/fakeqmp.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QPointer>
#include <QTest>
#include <QTimer>

#include <utility>

namespace cutover::test {

using namespace Qt::StringLiterals;

struct FakeQmp::Run
{
    FakeStep step;
    quint64 connection = 0;
    std::optional<qmp::Responder> responder;
    std::size_t next = 0;
};

static QString shown(const QJsonObject& object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

static bool isContained(const QJsonObject& part, const QJsonObject& whole)
{
    for (auto member = part.constBegin(); member != part.constEnd(); ++member) {
        const QJsonValue other = whole.value(member.key());
        const bool same = member->isObject() && other.isObject()
            ? isContained(member->toObject(), other.toObject())
            : *member == other;
        if (!same)
            return false;
    }
    return true;
}

FakeStep& FakeStep::with(const QJsonObject& arguments)
{
    m_matchers.emplace_back([arguments](const QJsonObject& actual) {
        return actual == arguments ? QString() : u"with %1, not %2"_s.arg(shown(arguments), shown(actual));
    });
    return *this;
}

FakeStep& FakeStep::containing(const QJsonObject& arguments)
{
    m_matchers.emplace_back([arguments](const QJsonObject& actual) {
        return isContained(arguments, actual)
            ? QString()
            : u"with at least %1, not %2"_s.arg(shown(arguments), shown(actual));
    });
    return *this;
}

FakeStep& FakeStep::matching(std::function<bool(const QJsonObject&)> matcher)
{
    m_matchers.emplace_back([matcher = std::move(matcher)](const QJsonObject& actual) {
        return matcher(actual) ? QString() : u"with other arguments than %1"_s.arg(shown(actual));
    });
    return *this;
}

FakeStep& FakeStep::unchecked()
{
    m_checked = false;
    return *this;
}

FakeStep& FakeStep::returns(const QJsonValue& value)
{
    m_answers = true;
    m_actions.emplace_back(Return{ value });
    return *this;
}

FakeStep& FakeStep::fails(const QString& description, qmp::ErrorClass errorClass)
{
    m_answers = true;
    m_actions.emplace_back(Fail{ .description = description, .errorClass = errorClass });
    return *this;
}

FakeStep& FakeStep::event(const QString& name, const QJsonObject& data, qint64 timeNs)
{
    m_actions.emplace_back(Event{ .name = name, .data = data, .timeNs = timeNs });
    return *this;
}

FakeStep& FakeStep::delay(int milliseconds)
{
    m_actions.emplace_back(Delay{ milliseconds });
    return *this;
}

FakeStep& FakeStep::waits(const QString& gate)
{
    m_actions.emplace_back(Wait{ gate });
    return *this;
}

FakeStep& FakeStep::raw(const QByteArray& bytes)
{
    m_actions.emplace_back(Raw{ bytes });
    return *this;
}

FakeStep& FakeStep::calls(std::function<void()> function)
{
    m_actions.emplace_back(Call{ std::move(function) });
    return *this;
}

FakeStep& FakeStep::neverAnswers()
{
    m_answers = true;
    m_actions.emplace_back(Ending::NoAnswer);
    return *this;
}

FakeStep& FakeStep::closes()
{
    m_answers = true;
    m_actions.emplace_back(Ending::Close);
    return *this;
}

FakeStep& FakeStep::exits()
{
    m_answers = true;
    m_actions.emplace_back(Ending::Exit);
    return *this;
}

FakeQmp::FakeQmp()
    : FakeQmp(Options())
{
}

FakeQmp::FakeQmp(Options options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_schema(schemaOf(m_options.qemu))
    , m_server(std::make_unique<qmp::Server>(qmp::ServerOptions{ .greeting = greetingOf(m_options.qemu),
          .greets = m_options.greets,
          .inOrder = m_options.inOrder,
          .codec = {} }))
{
    if (!m_schema)
        fail(u"no schema of QEMU %1"_s.arg(m_options.qemu));
    m_server->setDefaultHandler([this](const qmp::Request& request, qmp::Responder responder) {
        handle(request, std::move(responder));
    });
    connect(m_server.get(), &qmp::Server::negotiated, this, [this](quint64 connection) {
        if (m_onConnected.empty())
            return;
        FakeStep step = std::move(m_onConnected.front());
        m_onConnected.pop_front();
        start(std::move(step), connection, std::nullopt);
    });
    const QJsonObject greeting = toJson(greetingOf(m_options.qemu));
    always(u"query-version"_s, greeting["QMP"_L1]["version"_L1]);
    always(u"query-qmp-schema"_s, schemaArrayOf(m_options.qemu));
}

FakeQmp::~FakeQmp()
{
    m_server->blockSignals(true);
    if (!m_steps.empty() && !QTest::currentTestFailed())
        fail(u"the client never sent '%1'"_s.arg(m_steps.front().m_command));
}

Result<void> FakeQmp::connectTo(const QString& path)
{
    auto socket = fdpass::connectUnix(path);
    if (!socket)
        return std::unexpected(socket.error());
    m_server->adopt(std::move(*socket));
    return {};
}

FakeStep& FakeQmp::expect(const QString& command)
{
    FakeStep& step = m_steps.emplace_back();
    step.m_command = command;
    return step;
}

FakeStep& FakeQmp::onConnected()
{
    FakeStep& step = m_onConnected.emplace_back();
    step.m_answers = true;
    return step;
}

void FakeQmp::always(const QString& command, const QJsonValue& value)
{
    FakeStep step;
    step.m_command = command;
    m_always.insert(command, step.returns(value));
}

void FakeQmp::alwaysFails(const QString& command, const QString& description)
{
    FakeStep step;
    step.m_command = command;
    m_always.insert(command, step.fails(description));
}

void FakeQmp::open(const QString& gate)
{
    m_openGates.append(gate);
    auto [first, last] = m_waiting.equal_range(gate);
    std::vector<std::shared_ptr<Run>> runs;
    for (auto entry = first; entry != last; ++entry)
        runs.push_back(entry->second);
    m_waiting.erase(first, last);
    for (const auto& run : runs)
        proceed(run);
}

void FakeQmp::emitEvent(const QString& name, const QJsonObject& data, qint64 timeNs)
{
    m_server->broadcastEvent(name, data, timeNs);
}

void FakeQmp::fail(const QString& text)
{
    m_failures.append(text);
    if (m_options.failsTest)
        QTest::qFail(qPrintable(u"fake QEMU: "_s + text), __FILE__, __LINE__);
}

void FakeQmp::handle(const qmp::Request& request, qmp::Responder responder)
{
    m_received.append(request.command());
    std::vector<UniqueFd> fds = request.takeFds();
    const bool fdMissing = request.command() == "getfd"_L1 && fds.empty();
    for (UniqueFd& fd : fds)
        m_receivedFds.push_back(std::move(fd));

    const bool expected = !m_steps.empty() && m_steps.front().m_command == request.command();
    const auto stub = m_always.constFind(request.command());
    QString complaint;
    if (!expected && stub == m_always.cend()) {
        complaint = m_steps.empty()
            ? u"unexpected command '%1', the script is at its end"_s.arg(request.command())
            : u"expected '%1', got '%2'"_s.arg(m_steps.front().m_command, request.command());
    } else {
        const FakeStep& step = expected ? m_steps.front() : *stub;
        for (const auto& matcher : step.m_matchers) {
            const QString difference = matcher(request.arguments());
            if (!difference.isEmpty() && complaint.isEmpty())
                complaint = u"expected '%1' %2"_s.arg(request.command(), difference);
        }
        if (step.m_checked && complaint.isEmpty() && m_schema) {
            if (const auto valid = m_schema->validate(request.command(), request.arguments()); !valid)
                complaint = u"'%1' as QEMU %2 sees it: %3"_s.arg(
                    request.command(), m_options.qemu, valid.error().cause);
            else if (fdMissing)
                complaint = u"'getfd' without a file descriptor"_s;
        }
    }
    if (!complaint.isEmpty()) {
        fail(complaint);
        responder.error(complaint);
        return;
    }
    FakeStep step = expected ? std::move(m_steps.front()) : *stub;
    if (expected)
        m_steps.pop_front();
    start(std::move(step), request.connection(), std::move(responder));
}

void FakeQmp::start(FakeStep step, quint64 connection, std::optional<qmp::Responder> responder)
{
    if (!step.m_answers)
        step.returns();
    ++m_running;
    proceed(std::make_shared<Run>(Run{
        .step = std::move(step), .connection = connection, .responder = std::move(responder), .next = 0 }));
}

void FakeQmp::proceed(const std::shared_ptr<Run>& run)
{
    while (run->next < run->step.m_actions.size()) {
        if (!perform(run, run->step.m_actions.at(run->next++)))
            return;
    }
    finish(run);
}

void FakeQmp::finish(const std::shared_ptr<Run>& run)
{
    --m_running;
    if (run->responder)
        m_unanswered.push_back(std::move(*run->responder));
}

/// False when the run goes on later.
bool FakeQmp::perform(const std::shared_ptr<Run>& run, const FakeStep::Action& action)
{
    if (const auto* answer = std::get_if<FakeStep::Return>(&action)) {
        if (run->responder)
            run->responder->success(answer->value);
    } else if (const auto* refusal = std::get_if<FakeStep::Fail>(&action)) {
        if (run->responder)
            run->responder->error(refusal->description, refusal->errorClass);
    } else if (const auto* event = std::get_if<FakeStep::Event>(&action)) {
        emitEvent(event->name, event->data, event->timeNs);
    } else if (const auto* raw = std::get_if<FakeStep::Raw>(&action)) {
        m_server->sendRaw(run->connection, raw->bytes);
    } else if (const auto* call = std::get_if<FakeStep::Call>(&action)) {
        call->function();
    } else if (const auto* delay = std::get_if<FakeStep::Delay>(&action)) {
        QTimer::singleShot(delay->milliseconds, this, [this, run] { proceed(run); });
        return false;
    } else if (const auto* wait = std::get_if<FakeStep::Wait>(&action)) {
        if (!m_openGates.contains(wait->gate)) {
            m_waiting.emplace(wait->gate, run);
            return false;
        }
    } else if (const auto* ending = std::get_if<FakeStep::Ending>(&action)) {
        if (*ending == FakeStep::Ending::Close)
            m_server->closeConnection(run->connection);
        else if (*ending == FakeStep::Ending::Exit)
            m_server->close();
    }
    return true;
}

} // namespace cutover::test
