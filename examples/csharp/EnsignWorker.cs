using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json;

/// <summary>
/// Asks `ensign worker` from C#: EnsignWorker ENSIGN ROOT.pem MESSAGE... prints the verdict on each message.
/// One process answers any number of requests.
/// </summary>
public sealed class EnsignWorker : IDisposable
{
    private readonly Process process;
    private readonly Stream requests, answers;
    private long nextId;

    public EnsignWorker(string command, params string[] options)
    {
        var start = new ProcessStartInfo(command) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("worker");
        foreach (string option in options)
            start.ArgumentList.Add(option);
        process = Process.Start(start) ?? throw new IOException("the worker does not start");
        requests = process.StandardInput.BaseStream;
        answers = new BufferedStream(process.StandardOutput.BaseStream);
    }

    /// <summary>Verify returns the JSON object of `ensign verify --json`.</summary>
    public JsonElement Verify(byte[] message)
    {
        requests.Write(Encoding.UTF8.GetBytes($"{{\"id\":{++nextId},\"op\":\"verify\",\"bytes\":{message.Length}}}\n"));
        requests.Write(message);
        requests.Flush();
        using var line = new MemoryStream();
        for (int c = answers.ReadByte(); c != '\n'; c = answers.ReadByte())
        {
            if (c < 0)
                throw new EndOfStreamException("the worker has ended");
            line.WriteByte((byte)c);
        }
        return JsonDocument.Parse(line.ToArray()).RootElement;
    }

    public void Dispose()
    {
        requests.Close();
        process.WaitForExit();
        process.Dispose();
    }

    public static int Main(string[] args)
    {
        bool refused = false;
        using var worker = new EnsignWorker(args[0], "--trust", args[1]);
        foreach (string path in args[2..])
        {
            JsonElement answer = worker.Verify(File.ReadAllBytes(path));
            string verdict = answer.GetProperty("verdict").GetString() ?? "";
            Console.WriteLine($"{path} {verdict}");
            refused |= verdict != "accepted";
        }
        return refused ? 1 : 0;
    }
}
