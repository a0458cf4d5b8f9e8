// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "operator/optionvalue.h"

#include <QStringList>

#include <optional>
#include <vector>

namespace cutover::op {

/// A character device's other end, from any of the spellings: "unix:PATH,server=on", "tcp:HOST:PORT",
/// "-chardev socket,path=", JSON.
struct CharacterEnd
{
    enum class Kind : std::uint8_t {
        None,
        UnixSocket,
        InetSocket,
        Fd,
        File,
        Pipe,
        Pty,
        Stdio,
        Chardev,
        Other
    };
    Kind kind = Kind::None;
    QString path; ///< UnixSocket, File, Pipe
    QString host; ///< InetSocket
    QString port;
    int fd = -1; ///< Fd
    QString chardev; ///< Chardev: the id it refers to
    bool server = false;
    bool wait = false; ///< a server that blocks the start until a client has come
};

/// One QMP monitor that the command line opens.
struct MonitorSpec
{
    CharacterEnd end; ///< resolved: never of kind Chardev unless the chardev is missing
    std::size_t option = 0; ///< index of the option that opens the character device
    std::size_t monitorOption = 0; ///< the -qmp or -mon option; equal to the former for -qmp
    QString chardevId; ///< empty for -qmp
    bool pretty = false;
};

struct CharacterDevice
{
    std::size_t option = 0;
    QString id; ///< -chardev's id, or empty for -serial and the like
    QString optionName; ///< "chardev", "serial", "monitor", ...
    CharacterEnd end;
};

struct NetworkBackend
{
    std::size_t option = 0;
    QString id;
    QString type; ///< "tap", "user", ...
    QString ifname;
    QStringList fds; ///< fd=, fds=, vhostfd=, vhostfds=, as written
    QStringList hostForwards; ///< hostfwd= of user networking
    QString chardev; ///< vhost-user
    std::optional<bool> passesLocally; ///< local-migration-supported=, the backend's own switch for its fds
};

struct MemoryBackend
{
    std::size_t option = 0;
    QString id;
    QString type; ///< "memory-backend-memfd", ...
    QString size; ///< as written
    QString path; ///< memory-backend-file
    std::optional<bool> share; ///< as written; what absence means depends on the type, see isShared()

    /// share=, or the type's default: memfd and shm are shared, file and ram are not.
    bool isShared() const;
};

struct IncomingSpec
{
    enum class Kind : std::uint8_t { Defer, Main, Cpr, Config };
    std::size_t option = 0;
    Kind kind = Kind::Main;
    QString text; ///< as written
    QString path; ///< unix socket path, if it is one
    int fd = -1; ///< inherited listener, if it is one
};

/// The number of an fd that the command line refers to and that only the source's parent could pass.
struct FdReference
{
    std::size_t option = 0;
    QString text; ///< "fd=33", "/dev/fdset/2"
};

/// What a command line says, as far as a live update cares.
struct CommandFacts
{
    QString program; ///< argv[0]
    QString name; ///< -name's guest name
    std::vector<MonitorSpec> monitors; ///< QMP only
    std::vector<CharacterDevice> characterDevices; ///< all, monitors included
    std::vector<IncomingSpec> incoming;
    std::vector<NetworkBackend> networkBackends;
    std::vector<MemoryBackend> memoryBackends;
    std::vector<FdReference> fdReferences; ///< those of monitors and -incoming excepted
    QString machineType; ///< as written: an alias such as "q35" is possible; empty: the default one
    QString memoryBackendId; ///< -machine memory-backend=
    std::optional<bool> auxRamShare;
    QString memorySize; ///< -m, as written
    QString memoryPath; ///< -mem-path
    QStringList accelerators;
    QString sandbox;
    QString pidFile;
    QString logFile; ///< -D
    QStringList tracePatterns;
    QStringList vncDisplays; ///< "-vnc none" excepted
    QStringList objectIds; ///< -object
    QStringList deviceIds; ///< -device with an id
    bool startPaused = false; ///< -S
    bool daemonize = false;
    bool timestamps = false; ///< -msg timestamp=on
    bool snapshot = false;
    bool debugThreads = false;
};

/// A command line in QEMU's spelling, split into options; joined again it is the same argv.
class CommandLine
{
public:
    struct Option
    {
        QString name; ///< without dashes: "machine"; empty for a bare word (a disk image)
        QString spelling; ///< as written: "-machine", "--machine"
        std::optional<QString> argument;

        QString text() const; ///< "-machine q35"
    };

    /// argv[0] is the program. An empty argv is an error; what follows is never refused.
    static Result<CommandLine> parse(const QStringList& argv);

    const QString& program() const { return m_program; }
    void setProgram(const QString& program) { m_program = program; }
    const std::vector<Option>& options() const { return m_options; }
    std::vector<Option>& options() { return m_options; }
    QStringList argv() const;

    /// Values that are malformed JSON are left out.
    CommandFacts facts() const;

private:
    QString m_program;
    std::vector<Option> m_options;
};

/// The end that a -qmp, -serial, -monitor or -chardev argument names.
CharacterEnd parseCharacterEnd(const QString& optionName, const QString& argument);

/// One line for a POSIX shell that gives exactly this argv.
QString shellLine(const QStringList& argv);

} // namespace cutover::op
