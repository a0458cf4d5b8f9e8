// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/schema.h"
#include "qmp/server.h"

#include <QJsonObject>
#include <QObject>
#include <QString>
#include <QStringList>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

/// A scripted QEMU for tests: a QMP server on a socket that expects commands in an order and answers as told.
/// Its greeting, query-version, query-qmp-schema and the check of all arguments come from a real QEMU's
/// schema (tests/data/qmp-schema-*.json).
///
///     FakeQmp fake;
///     QVERIFY(fake.listenAt(path));
///     fake.always(u"query-status"_s, QJsonObject{{u"status"_s, u"running"_s}, {u"running"_s, true}});
///     fake.expect(u"migrate-set-parameters"_s).with({{u"mode"_s, u"cpr-transfer"_s}});
///     fake.expect(u"migrate"_s).returns().event(u"STOP"_s).waits(u"go"_s).event(u"MIGRATION"_s, {...});
///     ...
///     fake.open(u"go"_s);
///     QTRY_VERIFY(fake.isFinished());
///
/// A command that is not the next one expected (and not one of always()), or whose arguments QEMU would
/// refuse, fails the running test, naming both, and is answered with a GenericError; so does destroying the
/// fake before all that was expected came.
namespace cutover::test {

/// What one expected command must look like, and what is done about it, in the order of the calls. Without
/// returns(), fails(), neverAnswers(), closes() or exits() the answer is {} at the end.
class FakeStep
{
public:
    /// Exactly these arguments.
    FakeStep& with(const QJsonObject& arguments);
    /// At least these; nested objects are compared the same way, arrays exactly.
    FakeStep& containing(const QJsonObject& arguments);
    FakeStep& matching(std::function<bool(const QJsonObject& arguments)> matcher);
    /// The arguments may break the schema: for tests of just that.
    FakeStep& unchecked();

    FakeStep& returns(const QJsonValue& value = QJsonObject());
    FakeStep& fails(const QString& description, qmp::ErrorClass errorClass = qmp::ErrorClass::GenericError);
    /// An event to all connections; timeNs 0 = now.
    FakeStep& event(const QString& name, const QJsonObject& data = {}, qint64 timeNs = 0);
    FakeStep& delay(int milliseconds);
    /// Goes on once FakeQmp::open() was called for \a gate: order without timing.
    FakeStep& waits(const QString& gate);
    /// Bytes as they are on the connection of the command.
    FakeStep& raw(const QByteArray& bytes);
    FakeStep& calls(std::function<void()> function);
    FakeStep& neverAnswers();
    /// Closes the connection; a client may connect again.
    FakeStep& closes();
    /// Closes all connections and listeners, as a QEMU that dies.
    FakeStep& exits();

private:
    friend class FakeQmp;

    struct Return
    {
        QJsonValue value;
    };
    struct Fail
    {
        QString description;
        qmp::ErrorClass errorClass;
    };
    struct Event
    {
        QString name;
        QJsonObject data;
        qint64 timeNs;
    };
    struct Delay
    {
        int milliseconds;
    };
    struct Wait
    {
        QString gate;
    };
    struct Raw
    {
        QByteArray bytes;
    };
    struct Call
    {
        std::function<void()> function;
    };
    enum class Ending : std::uint8_t { NoAnswer, Close, Exit };
    using Action = std::variant<Return, Fail, Event, Delay, Wait, Raw, Call, Ending>;

    QString m_command;
    std::vector<std::function<QString(const QJsonObject&)>> m_matchers; ///< empty text = matches
    std::vector<Action> m_actions;
    bool m_checked = true;
    bool m_answers = false;
};

class FakeQmp : public QObject
{
    Q_OBJECT
public:
    struct Options
    {
        QString qemu = QStringLiteral("11.1"); ///< or "10.0"
        bool greets = true; ///< false: a QEMU whose main loop hangs
        bool inOrder = true; ///< false: replies out of order become possible
        bool failsTest = true; ///< false: only failures() tells
    };

    FakeQmp();
    explicit FakeQmp(Options options, QObject* parent = nullptr);
    ~FakeQmp() override;

    Result<void> listenAt(const QString& path) { return m_server->listenAt(path); }
    /// As `-qmp unix:PATH,server=off`: connects to a client that listens.
    Result<void> connectTo(const QString& path);
    quint64 adopt(UniqueFd connected) { return m_server->adopt(std::move(connected)); }

    /// Appends to the script; the reference stays valid.
    FakeStep& expect(const QString& command);
    /// What happens once a client has negotiated, before any command; each connection takes the next one.
    FakeStep& onConnected();
    /// Answers \a command whenever it comes out of the script's order.
    void always(const QString& command, const QJsonValue& value = QJsonObject());
    void alwaysFails(const QString& command, const QString& description);

    /// A script from a file below tests/data:
    ///     { "always": { "query-status": { "return": {...} }, "stop": { "error": { "class", "desc" } } },
    ///       "onConnected": [ ACTION... ],
    ///       "steps": [ { "expect": "migrate", "arguments": {...} or "containing": {...}, "do": [ ACTION... ]
    ///       } ] }
    /// with ACTION one of {"return": value}, {"error": {"class", "desc"}}, {"event": name, "data": {...}},
    /// {"delay": ms}, {"wait": gate}, {"raw": text}, {"end": "no-answer" | "close" | "exit"}. "do" may be
    /// left out.
    Result<void> load(const QString& fileName);

    void open(const QString& gate);
    void emitEvent(const QString& name, const QJsonObject& data = {}, qint64 timeNs = 0);

    /// All that was expected came, and every step was done to its end.
    bool isFinished() const { return m_steps.empty() && m_running == 0; }
    QStringList failures() const { return m_failures; }
    /// Commands in the order they came, without qmp_capabilities.
    QStringList received() const { return m_received; }
    /// The fds that came with commands, oldest first.
    std::vector<UniqueFd>& receivedFds() { return m_receivedFds; }
    qmp::Server& server() { return *m_server; }

    /// The schema and greeting of a real QEMU, "10.0" or "11.1"; null if the file is missing.
    static std::shared_ptr<const qmp::Schema> schemaOf(const QString& qemu);
    static QJsonArray schemaArrayOf(const QString& qemu);
    static qmp::Greeting greetingOf(const QString& qemu);

private:
    struct Run;

    void handle(const qmp::Request& request, qmp::Responder responder);
    void start(FakeStep step, quint64 connection, std::optional<qmp::Responder> responder);
    void proceed(const std::shared_ptr<Run>& run);
    bool perform(const std::shared_ptr<Run>& run, const FakeStep::Action& action);
    void finish(const std::shared_ptr<Run>& run);
    void fail(const QString& text);
    Result<void> loadActions(FakeStep& step, const QJsonArray& actions);

    Options m_options;
    std::shared_ptr<const qmp::Schema> m_schema;
    std::deque<FakeStep> m_steps;
    std::deque<FakeStep> m_onConnected;
    QHash<QString, FakeStep> m_always;
    std::multimap<QString, std::shared_ptr<Run>> m_waiting;
    QStringList m_openGates;
    QStringList m_failures;
    QStringList m_received;
    std::vector<UniqueFd> m_receivedFds;
    std::vector<qmp::Responder> m_unanswered;
    int m_running = 0;
    std::unique_ptr<qmp::Server> m_server; ///< last, so that what is unanswered stays unanswered
};

} // namespace cutover::test
