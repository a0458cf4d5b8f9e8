// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "models/vmmmodel.h"

#include "operator/session.h"

#include <QWidget>

#include <functional>

class QComboBox;
class QGroupBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace cutover::ui {

class TablePanel;

/// Where a session begins: a running VMM, a typed socket, or a lab pair of our own.
class StartPanel : public QWidget
{
    Q_OBJECT
public:
    using Discover = std::function<QList<op::DiscoveredVmm>()>;
    explicit StartPanel(Discover discover, QWidget* parent = nullptr);

    /// Looks for running VMMs again.
    void refresh();
    void setSource(const QString& qmpPath);
    /// The program that is chosen for a pair, for lab::LabRequest::of().
    QString labBinary() const;
    /// A lab is being started: nothing else can be begun.
    void setBusy(bool busy);

Q_SIGNALS:
    void connectRequested(const cutover::op::SessionRequest& request);
    void labRequested(const QString& binary);

protected:
    void focusInEvent(QFocusEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    QWidget* makeSource();
    QWidget* makeDestination();
    QWidget* makeLab();
    void chooseRow(const QModelIndex& index);
    void updateButtons();
    void requestConnect();

    Discover m_discover;
    VmmModel m_vmms;
    TablePanel* m_table = nullptr;
    QLineEdit* m_path = nullptr;
    QLabel* m_hint = nullptr;
    QComboBox* m_kind = nullptr;
    QLineEdit* m_binary = nullptr;
    QWidget* m_attach = nullptr;
    QLineEdit* m_destinationQmp = nullptr;
    QLineEdit* m_destinationCpr = nullptr;
    QPushButton* m_connect = nullptr;
    QComboBox* m_labBinary = nullptr;
    QPushButton* m_lab = nullptr;
    bool m_busy = false;
};

} // namespace cutover::ui
