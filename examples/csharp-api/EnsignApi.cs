// Drives a test of trader software through the API of a stand-in: dotnet run --project examples/csharp-api, with
// ENSIGN_API, ENSIGN_TOKEN, ENSIGN_AS4 and ENSIGN_EORI in the environment.
using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Tasks;

/// <summary>A space of the stand-in: what others do at the same time is not seen here.</summary>
public sealed class EnsignApi
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly string api, as4, eori;

    public EnsignApi(string api, string token, string as4, string eori)
    {
        (this.api, this.as4, this.eori) = (api, as4, eori);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public static EnsignApi Connect() => new(Variable("ENSIGN_API"), Variable("ENSIGN_TOKEN"), Variable("ENSIGN_AS4"), Variable("ENSIGN_EORI"));

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException(name);

    public async Task<HttpResponseMessage> Ask(HttpMethod method, string path, HttpContent? body = null)
    {
        var request = new HttpRequestMessage(method, api + path) { Content = body };
        if (!path.StartsWith("/spaces/", StringComparison.Ordinal))
            request.Headers.Add("Ensign-Space", eori);
        var answer = await http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{method} {path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return answer;
    }

    public async Task<string> Get(string path) => await (await Ask(HttpMethod.Get, path)).Content.ReadAsStringAsync();

    public async Task Begin()
    {
        await Ask(HttpMethod.Put, "/spaces/" + eori);
        await Ask(HttpMethod.Post, "/spaces/" + eori + "/reset");
    }

    /// <summary>Stands for the software under test: makes a document, seals it, and posts it to the access point.</summary>
    public async Task Submit(string action, string about)
    {
        var document = await Get($"/documents/new/{action}?from={eori}{about}");
        var message = await Ask(HttpMethod.Post, $"/seal?action={action}&from={eori}", new StringContent(document, Encoding.UTF8, "application/xml"));
        var body = new ByteArrayContent(await message.Content.ReadAsByteArrayAsync());
        body.Headers.ContentType = message.Content.Headers.ContentType;
        (await http.PostAsync(as4, body)).EnsureSuccessStatusCode();
    }

    public async Task<JsonElement> Await(string what) => JsonDocument.Parse(await Get("/wait?timeout=30&pending=true&" + what)).RootElement;

    public async Task<JsonElement> Life(string lrn)
    {
        await Submit("IE3F26", "&lrn=" + lrn);
        var mrn = (await Await("action=IE3R01&lrn=" + lrn)).GetProperty("mrn").GetString();
        var id = (await Await("action=IE3Q02&lrn=" + lrn)).GetProperty("message_id").GetString()!;
        var question = await Get("/mailbox/" + Uri.EscapeDataString(id) + "/document");
        var reference = Regex.Match(question, "<referralRequestReference>([^<]*)<").Groups[1].Value;
        await Submit("IE3R02", $"&mrn={mrn}&reference={reference}");
        await Ask(HttpMethod.Post, "/clock/advance", new StringContent("{\"by\":\"2h\"}", Encoding.UTF8, "application/json"));
        await Await("action=IE3N03&mrn=" + mrn);
        return JsonDocument.Parse(await Get("/filings/" + mrn)).RootElement;
    }

    public static async Task<int> Main()
    {
        var customs = Connect();
        await customs.Begin();
        var filing = await customs.Life("CS" + Guid.NewGuid().ToString("N")[..12].ToUpperInvariant() + "-Q02");
        foreach (var request in filing.GetProperty("requests").EnumerateArray())
            if (request.GetProperty("open").GetBoolean())
                return 1;
        Console.WriteLine("assessment complete");
        return 0;
    }
}
